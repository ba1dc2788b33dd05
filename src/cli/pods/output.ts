/** Bytes of a container on their way to stdout: with backpressure, safe for a terminal, whole lines where several mix. */
import { roomIn } from '../../lib/room-in.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';

/** Whoever read the output has gone: there is nobody left to print for. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

export class ByteOutput {
  readonly #stdout: CommandIo['stdout'];
  /** Then it is written in whole lines: a character in two pieces is none. */
  readonly isTerminal: boolean;
  #gone = false;

  constructor({ stdout }: Pick<CommandIo, 'stdout'>) {
    this.#stdout = stdout;
    this.isTerminal = stdout.isTTY === true;
    stdout.on('error', () => {
      this.#gone = true;
    });
  }

  /** Resolves when there is room for more. Rejects with ReaderGone. */
  async write(bytes: Uint8Array): Promise<void> {
    const told = this.isTerminal ? safeForTerminal(Buffer.from(bytes).toString('utf8')) : bytes;
    if (!this.#gone && !this.#stdout.write(told)) await roomIn(this.#stdout);
    if (this.#gone) throw new ReaderGone('nobody reads the output any more');
  }
}

const colours = /(\x1b\[[0-9;:]*m)/;

/** Colours and the return before a line's end stay; a line that sets a colour does not colour what follows. */
export function safeForTerminal(text: string): string {
  return text.replace(/[^\n]+/g, (line) => {
    const isReturned = line.endsWith('\r');
    const parts = (isReturned ? line.slice(0, -1) : line).split(colours);
    const safe = parts.map((part, index) => (index % 2 === 1 ? part : escapeControls(part))).join('');
    return `${safe}${parts.length > 1 ? '\x1b[0m' : ''}${isReturned ? '\r' : ''}`;
  });
}

/** One source among several: its lines get a prefix, and what it has said of a line is held until the line's end. */
export class LineOutput {
  readonly #output: ByteOutput;
  readonly #prefix: Buffer;
  #atStart = true;

  constructor(output: ByteOutput, prefix: string) {
    this.#output = output;
    this.#prefix = Buffer.from(prefix);
  }

  /** `piece` holds no more than one line's end, which is its last byte. */
  async write(piece: Buffer): Promise<void> {
    const bytes = this.#atStart && this.#prefix.length > 0 ? Buffer.concat([this.#prefix, piece]) : piece;
    this.#atStart = piece.at(-1) === 0x0a;
    await this.#output.write(bytes);
  }
}
