/** Texts of files are UTF-8, or what their byte order mark says: the shells of Windows write UTF-16. */

export interface DecodedText {
  /** The mark is its first character. */
  text: string;
  /** A changed text as the bytes of such a file. */
  encode(text: string): Buffer;
}

export function decodeText(bytes: Buffer): DecodedText {
  const mark = bytes.length < 2 ? undefined : bytes.readUInt16BE(0);
  if (mark === 0xfffe) {
    return { text: bytes.toString('utf16le'), encode: (text) => Buffer.from(text, 'utf16le') };
  }
  if (mark === 0xfeff) {
    // Half a character at the end is none.
    const swapped = Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
    return { text: swapped.toString('utf16le'), encode: (text) => Buffer.from(text, 'utf16le').swap16() };
  }
  return { text: bytes.toString('utf8'), encode: (text) => Buffer.from(text, 'utf8') };
}
