/** A link that signs in one browser; when it was used, the next one is told. */
import { timingSafeEqual } from 'node:crypto';
import { loginPath } from './login-page.ts';
import { hashOf, newSecret } from './sessions.ts';

export class FirstUseLink {
  readonly #tell: (path: string) => void;
  #hash = '';

  /** `tell` is given the path and query of each link; the first with `renew`. */
  constructor(tell: (path: string) => void) {
    this.#tell = tell;
  }

  renew(): void {
    const secret = newSecret();
    this.#hash = hashOf(secret);
    this.#tell(`${loginPath}?token=${secret}`);
  }

  /** True once. */
  redeem(secret: string): boolean {
    const given = Buffer.from(hashOf(secret));
    const expected = Buffer.from(this.#hash);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    this.renew();
    return true;
  }
}
