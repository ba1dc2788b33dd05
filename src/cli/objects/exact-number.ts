import { wideInteger } from '../../lib/exact-json.ts';

/**
 * The number as `parseExactJson` gives it, so that it equals what a server answers with. Throws Error for what cannot be sent,
 * or would lose digits on servers that have numbers of JavaScript.
 */
export function exactNumber(value: number | bigint, text: string): number | bigint {
  const number = Number(value);
  if (!Number.isFinite(number))
    throw new Error(`${text} is no number that JSON has: put it in quotes to make it a text`);
  if (typeof value === 'bigint' && String(number) !== String(value)) {
    throw new Error(
      `${text} would lose digits, as integers are kept exactly up to 9007199254740991: put it in quotes if it may be a text, or use kubectl`,
    );
  }
  // Zero without a sign, as Go has it.
  return number === 0 ? 0 : (wideInteger(String(number)) ?? number);
}
