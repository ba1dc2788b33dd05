/** Headers of tar: POSIX ustar, with GNU's and pax's ways to say what does not fit. */
import { bytesOf } from './byte-text.ts';

export const blockSize = 512;

export type TarKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

export interface TarHeader {
  /** Byte text, as the link's. */
  name: string;
  kind: TarKind;
  /** Bytes that follow. */
  size: number;
  mode: number;
  /** Of links: where to. */
  link: string;
  /** Seconds since 1970. */
  modified: number;
  uid?: number;
  gid?: number;
}

/** What stands in the archive is no tar. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const letters: Readonly<Record<Exclude<TarKind, 'other'>, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  directory: '5',
};

export function kindOf(letter: string): TarKind {
  switch (letter) {
    case '0':
    case '\0':
    case '7':
      return 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
  }
  return 'other';
}

/** The header's blocks: several where a name is long. */
export function encodeHeader(header: TarHeader & { kind: Exclude<TarKind, 'other'> }): Buffer {
  const name = bytesOf(header.kind === 'directory' ? `${header.name}/` : header.name);
  const link = bytesOf(header.link);
  const blocks: Buffer[] = [];
  // GNU's long names: every tar reads them, the small ones of small images too.
  if (name.length > 100) blocks.push(longName('L', name));
  if (link.length > 100) blocks.push(longName('K', link));
  blocks.push(block({ ...header, letter: letters[header.kind] }, name, link));
  return Buffer.concat(blocks);
}

function longName(letter: 'L' | 'K', text: Buffer): Buffer {
  const size = text.length + 1;
  const head = block({ letter, size, mode: 0, modified: 0 }, Buffer.from('././@LongLink'), Buffer.alloc(0));
  return Buffer.concat([head, text, Buffer.alloc(1), padding(size)]);
}

function block(
  facts: Pick<TarHeader, 'size' | 'mode' | 'modified' | 'uid' | 'gid'> & { letter: string },
  name: Buffer,
  link: Buffer,
): Buffer {
  const bytes = Buffer.alloc(blockSize);
  name.copy(bytes, 0, 0, 100);
  number(bytes, { at: 100, length: 8, value: facts.mode & 0o7777 });
  number(bytes, { at: 108, length: 8, value: facts.uid ?? 0 });
  number(bytes, { at: 116, length: 8, value: facts.gid ?? 0 });
  number(bytes, { at: 124, length: 12, value: facts.size });
  number(bytes, { at: 136, length: 12, value: Math.max(0, Math.floor(facts.modified)) });
  bytes.write(facts.letter, 156, 'latin1');
  link.copy(bytes, 157, 0, 100);
  bytes.write('ustar  \0', 257, 'latin1');
  bytes.write(checksum(bytes).toString(8).padStart(6, '0'), 148, 'latin1');
  bytes.write('\0 ', 154, 'latin1');
  return bytes;
}

/** Octal; where that does not fit, GNU's binary form. */
function number(bytes: Buffer, { at, length, value }: { at: number; length: number; value: number }): void {
  const octal = value.toString(8);
  if (octal.length < length) {
    bytes.write(octal.padStart(length - 1, '0'), at, 'latin1');
    return;
  }
  let rest = BigInt(value);
  for (let index = length - 1; index > 0; index--) {
    bytes[at + index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[at] = 0x80;
}

/** Zeros that fill the last block of so many bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** The letter is the kind as it stands there. Undefined: an empty block. Throws TarError. */
export function decodeHeader(bytes: Buffer): (Omit<TarHeader, 'kind'> & { letter: string }) | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  if (readNumber(bytes, 148, 8) !== checksum(bytes)) throw new TarError('a header of the archive is damaged');
  const isUstar = bytes.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? readText(bytes, 345, 155) : '';
  const name = readText(bytes, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    letter: bytes.toString('latin1', 156, 157),
    size: readNumber(bytes, 124, 12),
    mode: readNumber(bytes, 100, 8),
    link: readText(bytes, 157, 100),
    modified: readNumber(bytes, 136, 12),
  };
}

function readText(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

function readNumber(bytes: Buffer, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = BigInt(first & 0x3f);
    for (let index = 1; index < length; index++) value = (value << 8n) | BigInt(bytes[at + index] ?? 0);
    if ((first & 0x40) !== 0 || value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new TarError('a number in the archive is out of range');
    }
    return Number(value);
  }
  const text = bytes
    .toString('latin1', at, at + length)
    .replace(/[\0 ]+/g, ' ')
    .trim();
  if (!/^[0-7]*$/.test(text)) throw new TarError('a number in the archive is none');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

/** Over the header with blanks in place of the sum. */
function checksum(bytes: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockSize; index++) if (index < 148 || index >= 156) sum += bytes[index] ?? 0;
  return sum;
}
