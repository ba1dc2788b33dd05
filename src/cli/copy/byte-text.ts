/**
 * Names of files are bytes, of whatever encoding. Here they are strings of which each character is one byte: they are
 * split, compared and joined as text, and none is changed on its way.
 */

export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** As system calls take it. */
export function bytesOf(byteText: string): Buffer {
  return Buffer.from(byteText, 'latin1');
}

/** For people: what is no UTF-8 is a replacement character. */
export function shown(byteText: string): string {
  return bytesOf(byteText).toString('utf8');
}
