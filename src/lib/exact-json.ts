/** JSON whose integers keep their digits: those of 64 bits that a number would round are `bigint`s. */

declare global {
  interface JSON {
    /** What `stringify` writes as it stands. V8 has it, TypeScript does not know it yet. */
    rawJSON(text: string): unknown;
  }
}

/** One look at the text spares most of them a call for every value. */
const mayHoldWide = /(?:^|[[,:\s])-?\d{16,20}(?:$|[\s,\]}])/;

/** As `JSON.parse`, wide integers apart. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  return mayHoldWide.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
}

/** As `JSON.stringify` without indents, for values that may hold wide integers. */
export function writeExactJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? JSON.rawJSON(String(each)) : each));
}

/** The integer that the text is, from -2^63 to 2^64-1, if a number could not keep it; else undefined. */
export function wideInteger(text: string): bigint | undefined {
  if (!/^[-+]?\d{16,20}$/.test(text) || Number.isSafeInteger(Number(text))) return undefined;
  const value = BigInt(text);
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined;
}

/** Whether Go takes it for an integer; one that needs the 64th bit is a float64 there. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (wideInteger(context?.source ?? '') ?? value) : value;
}
