/** Whom a kubeconfig trusts, and with which certificate it identifies. */
import { resolve } from 'node:path';
import type { NamedChoice } from './choice-names.ts';
import { optionNames } from './choice-names.ts';
import type { ClientTls } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { booleanField, entryError, pathIn, textField } from './kubeconfig-entry.ts';
import { isPem, maxPemBytes, readableCertificates } from './pem.ts';
import { readBounded } from './read-bounded.ts';

export interface TlsChoice {
  /** Path of a PEM file. */
  certificateAuthority?: string | undefined;
  insecureSkipTlsVerify?: boolean | undefined;
  tlsServerName?: string | undefined;
  /** Paths of PEM files: a client certificate and its key, instead of the user's. */
  clientCertificate?: string | undefined;
  clientKey?: string | undefined;
  /**
   * Takes what checks that certificate and key can be used, which throws ConfigError. Absent: that is done at once. A command of
   * one request has it checked when that fails: it takes as long as the connection.
   */
  laterCheck?: ((check: () => Promise<void>) => void) | undefined;
}

/** What the user chose wins over the cluster's entry. */
export async function clusterTls(
  cluster: KubeconfigEntry | undefined,
  { names = optionNames, ...choice }: TlsChoice & NamedChoice,
): Promise<ClientTls> {
  const tls: ClientTls = {};
  const serverName = choice.tlsServerName || (cluster && textField(cluster, 'tls-server-name'));
  if (serverName) tls.serverName = serverName;
  const skips = cluster !== undefined && booleanField(cluster, 'insecure-skip-tls-verify');
  if (choice.insecureSkipTlsVerify ?? skips) {
    // A certificate authority beside it would be a promise that is not kept: the flag wins, a file with both is refused.
    if (choice.insecureSkipTlsVerify !== true && cluster && hasAuthority(cluster)) {
      throw entryError(cluster, 'it has a certificate authority and insecure-skip-tls-verify: remove one of them');
    }
    return { ...tls, insecureSkipVerify: true };
  }
  if (choice.certificateAuthority) {
    const wrong = unusable(names.certificateAuthority);
    const ca = readableCertificates(await readPem(resolve(choice.certificateAuthority), wrong));
    if (ca === undefined) throw wrong(`${choice.certificateAuthority} holds no certificate that can be read`);
    return { ...tls, ca };
  }
  const written = cluster && (await pemField(cluster, 'certificate-authority'));
  if (cluster === undefined || written === undefined) return tls;
  const ca = readableCertificates(written);
  if (ca === undefined) {
    const field = textField(cluster, 'certificate-authority-data')
      ? 'certificate-authority-data'
      : 'certificate-authority';
    throw entryError(cluster, `"${field}" holds no certificate that can be read`);
  }
  return { ...tls, ca };
}

/** The client certificate and its key: both or none. Beside a token it may have expired, which counts where a server says so. */
export async function userCertificate(
  user: KubeconfigEntry | undefined,
  given: TlsChoice & NamedChoice & { token?: string | undefined },
): Promise<Pick<ClientTls, 'cert' | 'key'>> {
  const choice = { ...given, mayBeExpired: Boolean(given.token) || (user !== undefined && hasOtherCredentials(user)) };
  if (choice.clientCertificate || choice.clientKey) return await chosenCertificate(choice);
  if (user === undefined) return {};
  const cert = await pemField(user, 'client-certificate');
  const key = await pemField(user, 'client-key');
  if (cert !== undefined && key !== undefined) {
    await checkPair({ cert, key }, (fault) => entryError(user, fault), choice);
    return { cert, key };
  }
  if (cert !== undefined) throw entryError(user, 'it has a client-certificate but no client-key');
  if (key !== undefined) throw entryError(user, 'it has a client-key but no client-certificate');
  return {};
}

type PairChoice = TlsChoice & NamedChoice & { mayBeExpired: boolean };

/** Those that are sent beside a certificate: a command does not run then. */
function hasOtherCredentials(user: KubeconfigEntry): boolean {
  return ['token', 'tokenFile', 'username', 'auth-provider'].some((field) => user.fields[field] != null);
}

async function chosenCertificate(choice: PairChoice): Promise<KeyPair> {
  const { clientCertificate, clientKey, names = optionNames } = choice;
  if (!clientCertificate || !clientKey) {
    throw new ConfigError(`${names.clientCertificate} and ${names.clientKey} belong together: give both or neither.`);
  }
  const cert = await readPem(resolve(clientCertificate), unusable(names.clientCertificate));
  const key = await readPem(resolve(clientKey), unusable(names.clientKey));
  await checkPair({ cert, key }, unusable(names.clientCertificate), choice);
  return { cert, key };
}

interface KeyPair {
  cert: string;
  key: string;
}

async function checkPair(
  { cert, key }: KeyPair,
  complaint: (fault: string) => ConfigError,
  { laterCheck, mayBeExpired }: PairChoice,
): Promise<void> {
  const check = async (): Promise<void> => {
    const { keyPairFault } = await import('./key-pair.ts');
    const fault = keyPairFault(cert, key, { mayBeExpired: mayBeExpired && laterCheck === undefined });
    if (fault !== undefined) throw complaint(fault);
  };
  if (laterCheck === undefined) await check();
  else laterCheck(check);
}

function hasAuthority(cluster: KubeconfigEntry): boolean {
  return Boolean(textField(cluster, 'certificate-authority') || textField(cluster, 'certificate-authority-data'));
}

function unusable(name: string): (what: string) => ConfigError {
  return (what) => new ConfigError(`${name} cannot be used: ${what}.`);
}

/** The PEM of `FIELD-data` (base64), else of the file that `FIELD` names. */
async function pemField(entry: KubeconfigEntry, field: string): Promise<string | undefined> {
  const data = textField(entry, `${field}-data`);
  if (data !== undefined) {
    const decoded = Buffer.from(data, 'base64').toString('utf8');
    if (!isPem(decoded)) throw entryError(entry, `"${field}-data" is not base64 of a PEM text`);
    return decoded;
  }
  const path = textField(entry, field);
  if (path === undefined) return undefined;
  return readPem(pathIn(entry, path), (what) => entryError(entry, `"${field}" cannot be used: ${what}`));
}

/** Throws what `complaint` makes of a clause such as "/ca.pem does not exist". Pipes can be read too. */
export async function readPem(path: string, complaint: (what: string) => ConfigError): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(path, maxPemBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = {
      ENOENT: 'does not exist',
      EISDIR: 'is a directory',
      EACCES: 'may not be read',
      SILENT: 'is a pipe, and nothing is written into it',
    }[code];
    throw complaint(`${path} ${why ?? `cannot be read (${code})`}`);
  }
  const content = bytes.toString('utf8');
  if (bytes.length > maxPemBytes || !isPem(content)) throw complaint(`${path} is not a PEM file`);
  return content;
}
