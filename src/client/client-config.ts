/** How a client reaches one cluster, after kubeconfig, flags and environment have been put together. */
import type { UpstreamProxy } from '../net/proxy/upstream-proxy.ts';
import type { CredentialSource } from './credentials.ts';

export interface ClientTls {
  /** PEM of the authorities to trust; the system's when absent. */
  ca?: string;
  /** The name the server's certificate must carry, where it is not the URL's host. */
  serverName?: string;
  insecureSkipVerify?: boolean;
  /** Client certificate (chain) and its key, PEM. */
  cert?: string;
  key?: string;
}

/** PEM texts; `cert` and `key` go together. */
export type TlsPems = Pick<ClientTls, 'ca' | 'cert' | 'key'>;

/** Plain data, like all of a configuration that needs no login. */
export interface TlsFiles {
  /** Paths. */
  ca?: string;
  pair?: { cert: string; key: string };
  /** What the files said when the configuration was made: settings that say something else do not follow them. */
  read: TlsPems;
}

/** Ask as somebody else, which the API server must allow (`impersonate` rights). */
export interface Impersonation {
  user: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ClientConfig {
  /** `https://HOST:PORT/PREFIX`, without a slash at the end. */
  server: string;
  /** URLs of further API servers of the same cluster: requests are spread over all of them. */
  servers?: readonly string[];
  /** Look for further ones in the cluster itself (docs/kubeconfig.md says what is checked before one is used). */
  discoverServers?: boolean;
  tls?: ClientTls;
  /** The files that `tls` was read from, where it was: as they change, new connections go by what they say then. */
  tlsFiles?: TlsFiles;
  /**
   * Path of a unix socket that leads to the same server in clear text. Whoever may open it counts there as the holder of the client
   * certificate of `tls`; where that is to be sent, this way is taken as long as the socket is there and this user's own.
   */
  localSocket?: string;
  /** Bearer token. `tokenFile` wins over it, as soon as it can be read, and is read again as it changes. */
  token?: string;
  tokenFile?: string;
  /** Basic authentication, where there is no token. */
  username?: string;
  password?: string;
  /** Credentials that change while the program runs: a login. It wins over all the others. */
  credentials?: CredentialSource;
  impersonate?: Impersonation;
  /** Leads to the server. */
  proxy?: UpstreamProxy;
  /** The namespace where the user names none. */
  namespace: string;
  /** Limit of a single request that is not a watch, in milliseconds; none when absent. */
  requestTimeoutMs?: number;
  userAgent?: string;
  /** What the configuration was taken from, for messages; absent for configurations made in code. */
  origin?: ConfigOrigin;
}

export interface ConfigOrigin {
  /** The files that were read, or `in-cluster`. */
  files: readonly string[];
  context?: string;
  cluster?: string;
  user?: string;
}

/** The configuration cannot be used; the message says what is wrong, in which file and entry, and the way out. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** There is no kubeconfig, and this is no pod. */
export class KubeconfigMissing extends ConfigError {}
