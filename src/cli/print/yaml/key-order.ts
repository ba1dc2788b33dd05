/** go-yaml's order of keys: letters after what is none, numbers by their value. */

const isLetter = (character: string): boolean => /^\p{L}$/u.test(character);
const isDigit = (character: string | undefined): boolean => character !== undefined && /^\p{Nd}$/u.test(character);

export function compareKeys(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const at = left.findIndex((character, index) => character !== right[index]);
  const [one, other] = [left[at], right[at]];
  if (one === undefined || other === undefined) return left.length - right.length;
  if (isLetter(one) || isLetter(other)) {
    if (isLetter(one) && isLetter(other)) return codePoint(one) - codePoint(other);
    return isLetter(one) ? 1 : -1;
  }
  // A zero counts only where the number has begun before it.
  const prefix = one === '0' || other === '0' ? startedNumber(left, at) : 0n;
  const [leftValue, leftEnd] = numberFrom(left, at, prefix);
  const [rightValue, rightEnd] = numberFrom(right, at, prefix);
  if (leftValue !== rightValue) return leftValue < rightValue ? -1 : 1;
  return leftEnd === rightEnd ? codePoint(one) - codePoint(other) : leftEnd - rightEnd;
}

function startedNumber(characters: readonly string[], before: number): bigint {
  for (let index = before - 1; index >= 0 && isDigit(characters[index]); index--) {
    if (characters[index] !== '0') return 1n;
  }
  return 0n;
}

/** In Go's 64 bits, which overflow. */
function numberFrom(characters: readonly string[], start: number, prefix: bigint): [bigint, number] {
  let value = prefix;
  let end = start;
  for (; isDigit(characters[end]); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codePoint(characters[end] ?? '') - 0x30));
  }
  return [value, end];
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
