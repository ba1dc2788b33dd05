/** What a request identifies itself with, and where that comes from. */
import { readFile } from 'node:fs/promises';
import { ConfigError } from './client-config.ts';

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
  return { current: () => credentials, renew: () => Promise.resolve(false) };
}

/** Tokens of files are rotated; the API server accepts the old one for some time. */
const tokenFileAgeMs = 10_000;

/** Looks into the file again after 10 seconds, and when the token was refused. */
export function tokenFileCredentials(file: string): CredentialSource {
  let held: { token: string; credentials: Credentials } | undefined;
  let readAt = 0;

  async function read(): Promise<Credentials> {
    const token = await readToken(file).catch((error: unknown) => {
      // While it is being replaced the old one serves.
      if (held !== undefined) return held.token;
      throw error;
    });
    readAt = Date.now();
    if (held?.token !== token) held = { token, credentials: bearer(token) };
    return held.credentials;
  }

  return {
    current: () => (held !== undefined && Date.now() - readAt < tokenFileAgeMs ? held.credentials : read()),
    renew: async (refused) => (await read()) !== refused,
  };
}

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError(`Cannot read the token file ${file}: ${why === 'ENOENT' ? 'it does not exist' : why}.`);
  }
  const token = text.trim();
  if (token === '') throw new ConfigError(`The token file ${file} is empty.`);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new ConfigError(`The token file ${file} holds something that is no token.`);
  return token;
}
