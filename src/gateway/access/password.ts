/** The gateway's password: kept as a hash that is slow to compute, compared in constant time, tried a bounded number of times. */
import type { ScryptOptions } from 'node:crypto';
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readBounded } from '../../client/read-bounded.ts';
import { Attempts } from './attempts.ts';

/** The file cannot be used; the message says why, and what to do. */
export class PasswordFileError extends Error {
  override readonly name = 'PasswordFileError';
}

export type PasswordOutcome = { kind: 'right' } | { kind: 'wrong' } | { kind: 'wait'; seconds: number };

/** 16 MiB and some 50 ms for each try. */
const cost: ScryptOptions = { N: 16_384, r: 8, p: 1 };
const hashBytes = 32;
const leastLength = 8;
const mostLength = 1024;
/** Hashes at a time; further tries wait, a bounded number of them. */
const maxAtOnce = 2;
const maxWaiting = 64;

/** One line. Throws PasswordFileError where others may read the file too, or it holds no password that is long enough. */
export async function readPasswordFile(path: string): Promise<string> {
  let text: string;
  try {
    const facts = await stat(path);
    if (facts.isFile() && (facts.mode & 0o077) !== 0) {
      throw new PasswordFileError(`Others may read the password in ${path}: close it to them with chmod 600 ${path}`);
    }
    text = (await readBounded(path, 2 * mostLength)).toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof PasswordFileError) throw error;
    throw new PasswordFileError(`The password file cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (/[\r\n\0]/.test(text)) throw new PasswordFileError(`${path} holds more than one line: a password is one`);
  if (text.length < leastLength || Buffer.byteLength(text) > mostLength) {
    throw new PasswordFileError(
      `The password in ${path} must have ${leastLength} characters or more, ${mostLength} bytes at most`,
    );
  }
  return text;
}

export class Password {
  readonly #salt = randomBytes(16);
  readonly #hash: Promise<Buffer>;
  /** Recognises what was found right before without hashing it again. */
  readonly #quickKey = randomBytes(32);
  #quickHash: Buffer | undefined;
  readonly #attempts = new Attempts();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(password: string) {
    this.#hash = slowHash(password, this.#salt);
  }

  /** `address` is whose tries are counted. */
  async check(given: string, address: string): Promise<PasswordOutcome> {
    const quick = createHmac('sha256', this.#quickKey).update(given).digest();
    if (this.#quickHash !== undefined && timingSafeEqual(quick, this.#quickHash)) return { kind: 'right' };
    const seconds = this.#attempts.waitSeconds(address, Date.now());
    if (seconds > 0) return { kind: 'wait', seconds };
    if (Buffer.byteLength(given) > mostLength) return { kind: 'wrong' };
    if (this.#running >= maxAtOnce && this.#waiting.length >= maxWaiting) return { kind: 'wait', seconds: 1 };
    // Counted before it is known, so that many tries at once are many.
    this.#attempts.failed(address, Date.now());
    const right = await this.#inTurn(async () => timingSafeEqual(await slowHash(given, this.#salt), await this.#hash));
    if (!right) return { kind: 'wrong' };
    this.#attempts.succeeded(address);
    this.#quickHash = quick;
    return { kind: 'right' };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= maxAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function slowHash(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, hashBytes, cost, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}
