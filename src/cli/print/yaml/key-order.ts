/** go-yaml's order of keys: letters after what is none, numbers by their value. */

export function compareKeys(a: string, b: string): number {
  const at = firstDifference(a, b);
  const [one, other] = [a.codePointAt(at), b.codePointAt(at)];
  if (one === undefined || other === undefined) return a.length - b.length;
  const [isOneLetter, isOtherLetter] = [isLetter(one), isLetter(other)];
  if (isOneLetter && isOtherLetter) return one - other;
  if (isOneLetter || isOtherLetter) return isOneLetter ? 1 : -1;
  // A zero counts only where the number has begun before it.
  const prefix = (one === 0x30 || other === 0x30) && isWithinNumber(a, at) ? '1' : '';
  const [left, right] = [digitsFrom(a, at), digitsFrom(b, at)];
  const [leftValue, rightValue] = [numberOf(prefix + left), numberOf(prefix + right)];
  if (leftValue < rightValue) return -1;
  if (leftValue > rightValue) return 1;
  return left.length === right.length ? one - other : left.length - right.length;
}

/** Where a whole character begins. */
function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  const isLowHalf = (text: string): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return at > 0 && (isLowHalf(a) || isLowHalf(b)) ? at - 1 : at;
}

function isLetter(codePoint: number): boolean {
  if (codePoint < 0x80) return (codePoint | 0x20) >= 0x61 && (codePoint | 0x20) <= 0x7a;
  return /^\p{L}$/u.test(String.fromCodePoint(codePoint));
}

function digitsFrom(text: string, at: number): string {
  let end = at;
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return text.slice(at, end);
}

/** Whether a digit other than zero stands before, with nothing but digits between. */
function isWithinNumber(text: string, at: number): boolean {
  return /[1-9][0-9]*$/.test(text.slice(0, at));
}

/** In Go's 64 bits, which overflow. */
function numberOf(digits: string): bigint | number {
  return digits.length < 16 ? Number(digits) : BigInt.asIntN(64, BigInt(digits));
}
