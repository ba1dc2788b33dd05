/** As whom requests ask: the credentials of one configuration, and the header lines that tell them. */
import type { ClientConfig, Impersonation } from './client-config.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { basic, bearer, fixedCredentials, tokenFileCredentials } from './credentials.ts';

/** With what a request goes out. The same object as long as nothing in it changes. */
export interface AccessPass {
  /** For `ApiServer.endpoint`. */
  credentials: Credentials;
  /** Authorization and impersonation. */
  headers: readonly (readonly [name: string, value: string])[];
}

export class ApiAccess {
  readonly #impersonation: readonly (readonly [string, string])[];
  readonly #source: CredentialSource;
  #pass: AccessPass | undefined;

  /** `isOverheard`: a server is reached in clear text over the network; then nothing says who asks. */
  constructor(config: ClientConfig, isOverheard: boolean) {
    this.#impersonation = isOverheard ? [] : impersonationLines(config.impersonate);
    this.#source = isOverheard ? fixedCredentials({}) : sourceOf(config);
  }

  /** A promise only while credentials must be waited for. Throws ConfigError or CredentialError. */
  pass(signal: AbortSignal): AccessPass | Promise<AccessPass> {
    const credentials = this.#source.current(signal);
    return credentials instanceof Promise ? credentials.then((now) => this.#passFor(now)) : this.#passFor(credentials);
  }

  /** Undefined where credentials would have to be waited for, or cannot be had; nothing runs for it. */
  passAtHand(): AccessPass | undefined {
    const credentials = this.#source.atHand?.();
    return credentials && this.#passFor(credentials);
  }

  /** After a 401: true when another try has other credentials. */
  renew(refused: AccessPass, signal: AbortSignal): Promise<boolean> {
    return this.#source.renew(refused.credentials, signal);
  }

  #passFor(credentials: Credentials): AccessPass {
    if (this.#pass?.credentials === credentials) return this.#pass;
    const { authorization } = credentials;
    this.#pass = {
      credentials,
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
  if (tokenFile !== undefined) return tokenFileCredentials(tokenFile, token);
  if (token !== undefined && token !== '') return fixedCredentials(bearer(token));
  if (username !== undefined) return fixedCredentials(basic(username, password ?? ''));
  return fixedCredentials({});
}

function impersonationLines(as: Impersonation | undefined): [string, string][] {
  if (as === undefined) return [];
  return [
    ['Impersonate-User', headerText(as.user)],
    ...(as.uid === undefined ? [] : ([['Impersonate-Uid', headerText(as.uid)]] satisfies [string, string][])),
    ...(as.groups ?? []).map((group): [string, string] => ['Impersonate-Group', headerText(group)]),
    ...Object.entries(as.extra ?? {}).flatMap(([key, values]) =>
      values.map((value): [string, string] => [`Impersonate-Extra-${escapeKey(key)}`, headerText(value)]),
    ),
  ];
}

/** Heads are written byte by byte, and the server reads names as UTF-8. */
function headerText(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
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
