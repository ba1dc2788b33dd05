/** The way to one API server as one user: the endpoint, and the header lines that say who asks. */
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';
import type { ClientConfig, Impersonation } from './client-config.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { basic, bearer, fixedCredentials, tokenFileCredentials } from './credentials.ts';

/** With what a request goes out. The same object as long as nothing in it changes. */
export interface AccessPass {
  credentials: Credentials;
  endpoint: UpstreamEndpoint;
  /** Authorization and impersonation. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** In clear text credentials go to this machine only, and no command runs for them (kubectl sends none at all then). */
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

export class ApiAccess {
  /** Without a client certificate: for requests that bring credentials of their own, which a certificate would outrank. */
  readonly anonymous: UpstreamEndpoint;
  /** `host[:port]`, as the server knows itself. */
  readonly host: string;
  /** Path prefix of the server's URL, without a slash at the end. */
  readonly basePath: string;
  readonly #base: UpstreamEndpoint;
  readonly #impersonation: readonly (readonly [string, string])[];
  readonly #source: CredentialSource;
  #pass: AccessPass | undefined;

  /** Throws TypeError for a server URL that is not http or https. */
  constructor(config: ClientConfig) {
    const url = new URL(config.server);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new TypeError(`the server's URL must begin with https:// or http://, not ${url.protocol}//`);
    }
    const secure = url.protocol === 'https:';
    this.host = url.host;
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.#base = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      ...(secure && { tls: { ...config.tls } }),
      ...(config.proxy && { proxy: config.proxy }),
    };
    const { cert, key, ...withoutIdentity } = config.tls ?? {};
    const bare = !secure || (cert === undefined && key === undefined);
    this.anonymous = bare ? this.#base : { ...this.#base, tls: withoutIdentity };
    const heard = !secure && !loopback.test(url.hostname);
    this.#impersonation = heard ? [] : impersonationLines(config.impersonate);
    this.#source = heard ? fixedCredentials({}) : sourceOf(config);
  }

  /** A promise only while credentials must be waited for. Throws ConfigError or CredentialError. */
  pass(signal: AbortSignal): AccessPass | Promise<AccessPass> {
    const credentials = this.#source.current(signal);
    return credentials instanceof Promise ? credentials.then((now) => this.#passFor(now)) : this.#passFor(credentials);
  }

  /** After a 401: true when another try has other credentials. */
  renew(refused: AccessPass, signal: AbortSignal): Promise<boolean> {
    return this.#source.renew(refused.credentials, signal);
  }

  #passFor(credentials: Credentials): AccessPass {
    if (this.#pass?.credentials === credentials) return this.#pass;
    const { authorization, certificate } = credentials;
    const { tls } = this.#base;
    this.#pass = {
      credentials,
      endpoint: certificate && tls ? { ...this.#base, tls: { ...tls, ...certificate } } : this.#base,
      headers: [
        ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
        ...this.#impersonation,
      ],
    };
    return this.#pass;
  }
}

function sourceOf({ credentials, tokenFile, token, password, username }: ClientConfig): CredentialSource {
  if (credentials !== undefined) return credentials;
  if (tokenFile !== undefined) return tokenFileCredentials(tokenFile);
  if (token !== undefined && token !== '') return fixedCredentials(bearer(token));
  if (username !== undefined) return fixedCredentials(basic(username, password ?? ''));
  return fixedCredentials({});
}

function impersonationLines(as: Impersonation | undefined): [string, string][] {
  if (as === undefined) return [];
  return [
    ['Impersonate-User', as.user],
    ...(as.uid === undefined ? [] : ([['Impersonate-Uid', as.uid]] satisfies [string, string][])),
    ...(as.groups ?? []).map((group): [string, string] => ['Impersonate-Group', group]),
    ...Object.entries(as.extra ?? {}).flatMap(([key, values]) =>
      values.map((value): [string, string] => [`Impersonate-Extra-${escapeKey(key)}`, value]),
    ),
  ];
}

/** What a header name cannot hold, and `%` itself, is percent-encoded; the server decodes it. */
function escapeKey(key: string): string {
  return [...Buffer.from(key, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
