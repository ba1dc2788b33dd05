/** Puts the revision, which the store keeps beside the value, into the value's JSON without parsing all of it. */
const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

const encoder = new TextEncoder();
const metadata = encoder.encode('metadata');

/**
 * A copy of a stored object's JSON with metadata.resourceVersion set. The value must have a `metadata` object at its top
 * that holds no resourceVersion yet; throws a TypeError if it has none.
 */
export function withResourceVersion(value: Uint8Array, revision: number): Uint8Array {
  const at = insideMetadata(value);
  if (at === undefined) throw new TypeError('a stored value is not a JSON object with metadata');
  const first = skipSpace(value, at);
  const text = `"resourceVersion":"${revision}"${value[first] === closeBrace ? '' : ','}`;
  const result = new Uint8Array(value.byteLength + text.length);
  result.set(value.subarray(0, at));
  encoder.encodeInto(text, result.subarray(at));
  result.set(value.subarray(at), at + text.length);
  return result;
}

/** The offset after the brace that opens the top-level `metadata`. */
function insideMetadata(json: Uint8Array): number | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== openBrace) return undefined;
  do {
    at = skipSpace(json, at + 1);
    if (json[at] !== quote) return undefined;
    const end = skipString(json, at);
    const isMetadata =
      end - at === metadata.length + 2 && metadata.every((byte, index) => json[at + 1 + index] === byte);
    at = skipSpace(json, end);
    if (json[at] !== colon) return undefined;
    at = skipSpace(json, at + 1);
    if (isMetadata) return json[at] === openBrace ? at + 1 : undefined;
    at = skipSpace(json, skipValue(json, at));
  } while (json[at] === comma);
  return undefined;
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from;
  for (let byte = json[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = json[at]) at += 1;
  return at;
}

/** From a string's opening quote to the offset after its closing one. */
function skipString(json: Uint8Array, from: number): number {
  for (let end = json.indexOf(quote, from + 1); end !== -1; end = json.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return json.length;
}

function skipValue(json: Uint8Array, from: number): number {
  let at = from;
  let depth = 0;
  while (at < json.length) {
    const byte = json[at];
    if (byte === quote) {
      at = skipString(json, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === comma && depth === 0) return at;
    at += 1;
  }
  return at;
}
