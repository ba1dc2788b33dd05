/** The number, if it can be sent and printed with all of its digits. Throws Error that says why not. */
export function exactNumber(value: number | bigint, text: string): number {
  const number = Number(value);
  if (!Number.isFinite(number))
    throw new Error(`${text} is no number that JSON has: put it in quotes to make it a text`);
  if (typeof value === 'bigint' && String(number) !== String(value)) {
    throw new Error(
      `${text} would lose digits, as integers are kept exactly up to 9007199254740991: put it in quotes if it may be a text, or use kubectl`,
    );
  }
  // Without a sign, as Go has it.
  return number === 0 ? 0 : number;
}
