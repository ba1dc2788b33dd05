/** A cluster's CA: loaded or made, and the certificates it issues, each kept in a pair of files and made anew in time. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Subject } from '../../net/certificates/certificate.ts';
import { issueCertificate, newKey } from '../../net/certificates/certificate.ts';
import type { PkiFiles } from './pki-files.ts';
import { PkiError } from './pki-files.ts';

const day = 24 * 3600_000;
const caLifetime = 10 * 365 * day;
const leafLifetime = 365 * day;
/** Clocks of clients may be a little behind. */
const backdating = 3600_000;

/** PEM texts. */
export interface CertificatePair {
  cert: string;
  key: string;
}

export interface LeafRequest {
  /** Files are NAME.crt and NAME.key. */
  name: string;
  use: 'server' | 'client';
  subject: Subject;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

export interface CertificateAuthority {
  cert: X509Certificate;
  key: KeyObject;
  pem: string;
}

/** True from the time when nine tenths of the certificate's life are over. */
export function isDue(cert: X509Certificate, now: Date): boolean {
  const from = Date.parse(cert.validFrom);
  const to = Date.parse(cert.validTo);
  return now.getTime() >= from + (to - from) * 0.9;
}

/** Loads ca.crt and ca.key, or makes them. A CA near its end is renewed with the same key, so what it issued stays valid. */
export async function ensureAuthority(files: PkiFiles, now: Date): Promise<CertificateAuthority> {
  const [pem, keyPem] = await Promise.all([files.read('ca.crt'), files.read('ca.key')]);
  if (pem !== undefined && keyPem === undefined) {
    throw new PkiError(
      `${files.describe('ca.key')} is missing beside ca.crt; put it back, or remove the whole directory to start with a new CA`,
    );
  }
  const key = keyPem === undefined ? newKey() : parseKey(files, 'ca.key', keyPem);
  if (keyPem === undefined) await files.write('ca.key', exportKey(key));
  if (pem !== undefined) {
    const cert = parseCertificate(files, 'ca.crt', pem);
    if (!cert.ca || !cert.checkPrivateKey(key)) {
      const why = cert.ca ? 'does not belong to the key in ca.key' : 'is not a CA certificate';
      throw new PkiError(
        `${files.describe('ca.crt')} ${why}; put the right pair back, or remove the whole directory to start with a new CA`,
      );
    }
    if (!isDue(cert, now)) return { cert, key, pem };
  }
  const made = issueCertificate({
    subject: { commonName: 'fairlead-ca' },
    key,
    signingKey: key,
    notBefore: new Date(now.getTime() - backdating),
    notAfter: new Date(now.getTime() + caLifetime),
    use: 'ca',
  });
  await files.write('ca.crt', made);
  return { cert: new X509Certificate(made), key, pem: made };
}

/** The stored pair if it is still good for what is asked; else a new certificate for the stored key, or a new pair. */
export async function ensureLeaf(
  authority: CertificateAuthority,
  files: PkiFiles,
  request: LeafRequest,
  now: Date,
): Promise<CertificatePair> {
  const names = { cert: `${request.name}.crt`, key: `${request.name}.key` };
  const [pem, keyPem] = await Promise.all([files.read(names.cert), files.read(names.key)]);
  const key = keyPem === undefined ? newKey() : parseKey(files, names.key, keyPem);
  if (pem !== undefined && keyPem !== undefined) {
    const cert = parseCertificate(files, names.cert, pem);
    if (!cert.checkPrivateKey(key)) {
      throw new PkiError(
        `${files.describe(names.cert)} does not belong to the key beside it; remove both files to have them made anew`,
      );
    }
    const current = cert.checkIssued(authority.cert) && cert.verify(authority.cert.publicKey);
    if (current && !isDue(cert, now) && covers(cert, request)) return { cert: pem, key: keyPem };
  }
  const exported = keyPem ?? exportKey(key);
  if (keyPem === undefined) await files.write(names.key, exported);
  const cert = issueCertificate({
    ...request,
    key,
    issuer: authority.cert,
    signingKey: authority.key,
    notBefore: new Date(now.getTime() - backdating),
    notAfter: new Date(Math.min(now.getTime() + leafLifetime, Date.parse(authority.cert.validTo))),
  });
  await files.write(names.cert, cert);
  return { cert, key: exported };
}

function covers(cert: X509Certificate, { subject, dnsNames = [], ipAddresses = [] }: LeafRequest): boolean {
  const lines = [...(subject.organizations ?? []).map((name) => `O=${name}`), `CN=${subject.commonName}`];
  return (
    cert.subject === lines.join('\n') &&
    dnsNames.every((name) => cert.checkHost(name, { subject: 'never' }) !== undefined) &&
    ipAddresses.every((address) => cert.checkIP(address) !== undefined)
  );
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function parseKey(files: PkiFiles, name: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Told below: what OpenSSL says of bytes that are no key helps nobody.
  }
  throw new PkiError(
    `${files.describe(name)} is not an ECDSA P-256 private key in PEM; put the right file back or remove it`,
  );
}

function parseCertificate(files: PkiFiles, name: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new PkiError(`${files.describe(name)} is not a certificate in PEM; put the right file back or remove it`, {
      cause,
    });
  }
}
