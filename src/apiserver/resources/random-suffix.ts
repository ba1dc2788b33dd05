import { randomBytes } from 'node:crypto';

/** No vowels, and nothing that is easily taken for something else: no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters and digits, as generated names end. */
export function randomSuffix(): string {
  return Array.from(randomBytes(5), (byte) => alphabet[byte % alphabet.length]).join('');
}
