/** With which certificates the gateway speaks TLS: those of files, or ones that its own authority issues name by name. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { readBounded } from '../../client/read-bounded.ts';
import { issueCertificate, newKey } from '../../net/certificates/certificate.ts';
import type { GatewayNames } from '../host.ts';
import { parseHost } from '../host.ts';

/** The certificate or key cannot be used; the message says why. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

export interface GatewayTls {
  /** `name`: what the client asks for (SNI); undefined where it asks for an address. */
  context(name: string | undefined): SecureContext;
  /** The file of the authority to trust; absent where the user gave the certificate. */
  authorityFile?: string;
}

const minVersion = 'TLSv1.2';
const dayMs = 24 * 3600_000;
const authorityDays = 3650;
/** Browsers take no longer ones. */
const leafDays = 397;
const maxNames = 500;
const mostPemBytes = 1024 * 1024;

/** Throws TlsFileError. */
export async function tlsFromFiles(certFile: string, keyFile: string): Promise<GatewayTls> {
  const [cert, key] = await Promise.all([readPem(certFile), readPem(keyFile)]);
  let context: SecureContext;
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new TlsFileError(`The key in ${keyFile} is not that of the certificate in ${certFile}`);
    context = createSecureContext({ cert, key, minVersion });
  } catch (error) {
    if (error instanceof TlsFileError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsFileError(`${certFile} and ${keyFile} are no certificate with its key, in PEM: ${why}`);
  }
  return { context: () => context };
}

async function readPem(file: string): Promise<string> {
  try {
    return (await readBounded(file, mostPemBytes)).toString('utf8');
  } catch (error) {
    throw new TlsFileError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * An authority that lives in `directory`, where its key is only its owner's; it is made when it is not there. It
 * issues a certificate for each of the gateway's names when that is first asked for. Throws TlsFileError.
 */
export async function tlsOfOwnAuthority(directory: string, names: GatewayNames): Promise<GatewayTls> {
  const authority = await openAuthority(directory);
  const key = newKey();
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const issue = (hosts: readonly string[]): SecureContext => {
    const [commonName = 'fairlead-gateway'] = hosts;
    const cert = issueCertificate({
      subject: { commonName: commonName.slice(0, 64) },
      key,
      issuer: authority.certificate,
      signingKey: authority.key,
      notBefore: new Date(Date.now() - dayMs),
      notAfter: new Date(Date.now() + leafDays * dayMs),
      use: 'server',
      dnsNames: hosts.filter((host) => isIP(host) === 0),
      ipAddresses: hosts.filter((host) => isIP(host) !== 0),
    });
    return createSecureContext({ cert: `${cert}${authority.certificate.toString()}`, key: keyPem, minVersion });
  };
  const usual = issue(names.api.map((name) => name.replace(/^\[(.*)\]$/, '$1')));
  const issued = new Map<string, SecureContext>();
  return {
    authorityFile: authority.file,
    context(name) {
      const target = name === undefined ? undefined : parseHost(name, names);
      if (name === undefined || target === undefined || target.kind === 'api') return usual;
      let context = issued.get(name.toLowerCase());
      if (context === undefined) {
        if (issued.size >= maxNames) issued.clear();
        context = issue([name.toLowerCase()]);
        issued.set(name.toLowerCase(), context);
      }
      return context;
    },
  };
}

interface Authority {
  certificate: X509Certificate;
  key: KeyObject;
  file: string;
}

async function openAuthority(directory: string): Promise<Authority> {
  const file = join(directory, 'ca.crt');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const keyPem = await readOrMake(join(directory, 'ca.key'), () =>
      newKey().export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
    const key = createPrivateKey(keyPem);
    const certPem = await readOrMake(file, () =>
      issueCertificate({
        subject: { commonName: 'Fairlead gateway authority' },
        key,
        signingKey: key,
        notBefore: new Date(Date.now() - dayMs),
        notAfter: new Date(Date.now() + authorityDays * dayMs),
        use: 'ca',
      }),
    );
    const certificate = new X509Certificate(certPem);
    if (!certificate.checkPrivateKey(key) || new Date(certificate.validTo).getTime() < Date.now())
      throw new TlsFileError(
        `The authority in ${directory} is broken or too old: remove that folder, and a new one is made`,
      );
    return { certificate, key, file };
  } catch (error) {
    if (error instanceof TlsFileError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsFileError(`The authority in ${directory} cannot be used: ${why}`);
  }
}

/** Of two gateways that begin at once one makes it. */
async function readOrMake(file: string, make: () => string): Promise<string> {
  try {
    await using handle = await open(file, 'wx', 0o600);
    const text = make();
    await handle.writeFile(text);
    return text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return readFile(file, 'utf8');
    throw error;
  }
}
