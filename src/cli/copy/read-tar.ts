/** The entries of a tar that comes as a stream. */
import { blockSize, decodeHeader, kindOf, padding, TarError, type TarHeader } from './tar-format.ts';

export interface TarEntry {
  header: TarHeader;
  /** What follows the header. It must be read before the next entry is asked for; what is left of it is skipped. */
  content(): AsyncGenerator<Buffer>;
}

/** Longer names and longer lists of facts are an attack. */
const maxExtra = 1024 * 1024;

/** Throws TarError for what is no tar, or ends within an entry. A stream without a byte has no entries. */
export async function* tarEntries(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new ByteSource(source);
  let extra: Partial<Pick<TarHeader, 'name' | 'link' | 'size'>> = {};
  for (;;) {
    const head = await bytes.exactly(blockSize, { mayEnd: true });
    const header = head && decodeHeader(head);
    // The end is two empty blocks; what follows them is filling.
    if (header === undefined) break;
    const { letter } = header;
    if ('LKxg'.includes(letter)) {
      if (header.size > maxExtra) throw new TarError('a name in the archive is too long');
      const text = (await bytes.exactly(header.size)) ?? Buffer.alloc(0);
      await bytes.exactly(padding(header.size).length);
      if (letter === 'L') extra.name = untilZero(text);
      else if (letter === 'K') extra.link = untilZero(text);
      else if (letter === 'x') extra = { ...extra, ...paxFacts(text) };
      continue;
    }
    const whole: TarHeader = { ...header, kind: kindOf(letter), ...extra };
    extra = {};
    let left = whole.kind === 'file' || whole.kind === 'other' ? whole.size : 0;
    const rest = padding(left).length;
    const content = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = await bytes.some(left);
        left -= piece.length;
        yield piece;
      }
    };
    yield { header: whole, content };
    for await (const _ of content());
    await bytes.exactly(rest);
  }
  await bytes.drain();
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

/** `LENGTH KEY=VALUE\n`, one after the other. */
function paxFacts(bytes: Buffer): Partial<Pick<TarHeader, 'name' | 'link' | 'size'>> {
  const facts: Partial<Pick<TarHeader, 'name' | 'link' | 'size'>> = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, blank));
    if (blank < 0 || !Number.isInteger(length) || length <= blank - at || at + length > bytes.length) {
      throw new TarError('a list of facts in the archive is damaged');
    }
    const record = bytes.toString('latin1', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    const value = record.slice(equals + 1);
    switch (record.slice(0, equals)) {
      case 'path':
        facts.name = value;
        break;
      case 'linkpath':
        facts.link = value;
        break;
      case 'size':
        if (!/^\d{1,15}$/.test(value)) throw new TarError('a size in the archive is none');
        facts.size = Number(value);
    }
    at += length;
  }
  return facts;
}

class ByteSource {
  readonly #iterator: AsyncIterator<Buffer>;
  #chunk = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** At least one and at most so many bytes. */
  async some(most: number): Promise<Buffer> {
    if (!(await this.#fill())) throw new TarError('the archive ends in the middle of a file');
    const piece = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(piece.length);
    return piece;
  }

  /** Undefined where it `mayEnd` and does. */
  async exactly(count: number, { mayEnd = false }: { mayEnd?: boolean } = {}): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    for (let left = count; left > 0; ) {
      if (mayEnd && left === count && !(await this.#fill())) return undefined;
      const piece = await this.some(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  async drain(): Promise<void> {
    while (!(await this.#iterator.next()).done);
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return false;
      this.#chunk = Buffer.from(value);
    }
    return true;
  }
}
