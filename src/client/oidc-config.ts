/** The entry `auth-provider` of a user: OpenID Connect, or one of the providers that are gone. */
import { isRecord } from '../lib/is-record.ts';
import { isLoopbackUrl } from '../net/loopback-host.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, mappingField, pathIn, textOf } from './kubeconfig-entry.ts';
import { readPem } from './kubeconfig-tls.ts';
import { isPem, readableCertificates } from './pem.ts';

export interface OidcConfig {
  issuer: URL;
  clientId: string;
  clientSecret?: string;
  idToken?: string;
  refreshToken?: string;
  /** PEM of the authorities that the issuer is trusted by; the system's when absent. */
  ca?: string;
  entry: KubeconfigEntry;
}

const gone: Readonly<Record<string, string>> = {
  gcp: 'install gke-gcloud-auth-plugin and run "gcloud container clusters get-credentials" again, which writes an "exec" entry',
  azure: 'install kubelogin and run "kubelogin convert-kubeconfig", which writes an "exec" entry',
};

/** Undefined where the user has none. Throws ConfigError. */
export async function oidcConfigOf(user: KubeconfigEntry): Promise<OidcConfig | undefined> {
  const value = user.fields['auth-provider'];
  if (value === undefined || value === null) return undefined;
  const provider = mappingField(user, 'auth-provider');
  const name = textOf(user, provider, 'name', 'auth-provider.');
  if (name !== 'oidc') throw entryError(user, otherProvider(name));
  if (user.fields.exec !== undefined && user.fields.exec !== null) {
    throw entryError(user, 'it has "exec" and "auth-provider": remove one of them');
  }
  const config = provider.config ?? {};
  if (!isRecord(config)) throw entryError(user, '"auth-provider.config" must be a mapping');
  const setting = (key: string) => textOf(user, config, key, 'auth-provider.config.');
  const issuer = URL.parse(setting('idp-issuer-url') ?? '');
  if (issuer === null || !mayCarrySecrets(issuer)) {
    throw entryError(user, '"auth-provider.config.idp-issuer-url" must be an https URL');
  }
  const clientId = setting('client-id');
  if (clientId === undefined) throw entryError(user, '"auth-provider.config" has no client-id');
  const optional = {
    clientSecret: setting('client-secret'),
    idToken: setting('id-token'),
    refreshToken: setting('refresh-token'),
    ca: await authorityOf(user, setting('idp-certificate-authority-data'), setting('idp-certificate-authority')),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, text]) => text !== undefined));
  return { issuer, clientId, ...given, entry: user };
}

/** Secrets go over TLS, or within this machine. */
export function mayCarrySecrets(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackUrl(url));
}

function otherProvider(name: string | undefined): string {
  if (name === undefined) return '"auth-provider" has no name';
  const instead = Object.hasOwn(gone, name) ? gone[name] : 'use an "exec" entry, a token or a client certificate';
  return `the auth-provider "${name}" is not supported (kubectl has none either since 1.26): ${instead}`;
}

async function authorityOf(
  user: KubeconfigEntry,
  data: string | undefined,
  path: string | undefined,
): Promise<string | undefined> {
  const field = 'auth-provider.config.idp-certificate-authority';
  if (data !== undefined) {
    const pem = Buffer.from(data, 'base64').toString('utf8');
    if (!isPem(pem)) throw entryError(user, `"${field}-data" leads to no PEM text`);
    return readableIn(user, `${field}-data`, pem);
  }
  if (path === undefined) return undefined;
  const pem = await readPem(pathIn(user, path), (what) => entryError(user, `"${field}" leads to no PEM text: ${what}`));
  return readableIn(user, field, pem);
}

function readableIn(user: KubeconfigEntry, field: string, pem: string): string {
  const ca = readableCertificates(pem);
  if (ca === undefined) throw entryError(user, `"${field}" holds no certificate that can be read`);
  return ca;
}
