/** Reads DER (X.690) as far as certificate requests need it. */

export interface DerElement {
  /** The identifier byte: 0x30 is a SEQUENCE, 0x31 a SET, 0xa0 the first context-specific one of several parts. */
  tag: number;
  content: Buffer;
}

/** The elements that follow one another in `bytes`. Throws RangeError for what is no DER. */
export function readElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { element, end } = readElement(bytes, at);
    elements.push(element);
    at = end;
  }
  return elements;
}

function readElement(bytes: Buffer, start: number): { element: DerElement; end: number } {
  // readUInt8 throws RangeError beyond the end.
  const tag = bytes.readUInt8(start);
  const first = bytes.readUInt8(start + 1);
  let length = first;
  let at = start + 2;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > 4) throw new RangeError('a DER length of no or more than four bytes');
    length = bytes.readUIntBE(at, count);
    at += count;
  }
  if (at + length > bytes.length) throw new RangeError('a DER element is longer than what holds it');
  return { element: { tag, content: bytes.subarray(at, at + length) }, end: at + length };
}

/** `2.5.4.3`, of the content of an OBJECT IDENTIFIER. */
export function readObjectIdentifier(content: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [head = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(head / 40));
  return [top, head - top * 40, ...rest].join('.');
}

/** Text of any of ASN.1's string types that certificates use. */
export function readText({ tag, content }: DerElement): string {
  // BMPString: two bytes a character, the high one first.
  if (tag === 0x1e) return Buffer.from(content).swap16().toString('utf16le');
  return content.toString(tag === 0x0c ? 'utf8' : 'latin1');
}
