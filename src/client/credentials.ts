/** What a request identifies itself with, and where that comes from. */
import { SharedWork } from '../lib/shared-work.ts';
import { ConfigError } from './client-config.ts';
import { readBounded, readFileNow } from './read-bounded.ts';

/** A new object whenever anything in it changes. */
export interface Credentials {
  /** The value of the header Authorization. */
  readonly authorization?: string;
  /** Client certificate (chain) and its key, PEM, in place of those of the configuration. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** Shared by everything that uses one configuration, so that a login happens once. */
export interface CredentialSource {
  /** A promise only while there is something to wait for. Throws ConfigError or CredentialError. */
  current(signal: AbortSignal): Credentials | Promise<Credentials>;
  /**
   * A request with `refused` was answered with 401. True when there are other credentials now; false when these are
   * the best there are. Throws as `current`.
   */
  renew(refused: Credentials, signal: AbortSignal): Promise<boolean>;
  /**
   * For what is worth no login: the credentials that would be used now, if nothing has to run, and nobody to be asked or waited
   * for, to have them. Never throws; where it is absent none are at hand.
   */
  atHand?(): Credentials | undefined;
}

/** Credentials cannot be had now: the command failed, the login has expired. The message says from where and what to do. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  /** A sentence: what to do for credentials that are then found without another start. */
  readonly next: string | undefined;

  constructor(message: string, { next }: { next?: string } = {}) {
    super(message);
    this.next = next;
  }
}

export function bearer(token: string): Credentials {
  return { authorization: `Bearer ${token}` };
}

/** User name and password (RFC 7617). */
export function basic(username: string, password: string): Credentials {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}` };
}

export function fixedCredentials(credentials: Credentials): CredentialSource {
  return { current: () => credentials, renew: () => Promise.resolve(false), atHand: () => credentials };
}

/** Tokens of files are rotated; the API server accepts the old one for some time. */
const tokenFileAgeMs = 10_000;
/** Tokens go into a header; more is another kind of file. */
const maxTokenBytes = 1024 * 1024;

/** Looks into the file again after 10 seconds, and when the token was refused. `initial` serves until it can be read. */
export function tokenFileCredentials(file: string, initial?: string): CredentialSource {
  let held: { token: string; credentials: Credentials } | undefined;
  let readAt = 0;

  const fresh = () => (held !== undefined && Date.now() - readAt < tokenFileAgeMs ? held.credentials : undefined);
  const hold = (token: string): Credentials => {
    readAt = Date.now();
    if (held?.token !== token) held = { token, credentials: bearer(token) };
    return held.credentials;
  };

  // Once for all that ask meanwhile: a pipe can be read by one of them only.
  const reading = new SharedWork<Credentials>(async (signal) => {
    const token = await readToken(file, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // While it is being replaced the old one serves.
      const before = held?.token ?? initial;
      if (before !== undefined && before !== '') return before;
      throw error;
    });
    return hold(token);
  });

  return {
    current: (signal) => fresh() ?? reading.join(signal),
    renew: async (refused, signal) => (await reading.join(signal)) !== refused,
    atHand() {
      const now = fresh();
      if (now !== undefined) return now;
      // Never a pipe: what is taken from it here nobody else would get.
      const bytes = readFileNow(file, maxTokenBytes);
      const token = bytes?.toString('utf8').trim();
      return bytes !== undefined && token !== undefined && isToken(bytes, token) ? hold(token) : held?.credentials;
    },
  };
}

async function readToken(file: string, signal: AbortSignal): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(file, maxTokenBytes, signal);
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = { ENOENT: 'it does not exist', SILENT: 'it is a pipe, and nothing is written into it' }[code];
    throw new ConfigError(`Cannot read the token file ${file}: ${why ?? code}.`);
  }
  const token = bytes.toString('utf8').trim();
  if (token === '') throw new ConfigError(`The token file ${file} is empty.`);
  if (!isToken(bytes, token)) throw new ConfigError(`The token file ${file} holds something that is no token.`);
  return token;
}

function isToken(bytes: Buffer, token: string): boolean {
  return bytes.length <= maxTokenBytes && /^[\x21-\x7e]+$/.test(token);
}
