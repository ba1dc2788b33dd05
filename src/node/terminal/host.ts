/**
 * Holds one terminal and the program in it, as a process of its own. In the node's process every other child would
 * inherit the terminal's file, which cannot be marked to be closed there: then no terminal would ever hang up.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { killGroup } from '../runtime/kill-group.ts';
import type { TerminalBinding } from './binding.ts';
import { loadBinding } from './binding.ts';
import type { FromHost, ToHost } from './messages.ts';
import { hangUpMs, wireFd } from './messages.ts';

/** How soon a terminal that takes no more input is tried again. */
const retryMs = 10;
/** What ends the input of a program that reads lines (Ctrl-D). */
const endOfFile = Buffer.from([4]);
const newline = 10;

const wire = new Socket({ fd: wireFd, allowHalfOpen: true, readable: true, writable: true });
wire.on('error', () => {});

type Start = Extract<ToHost, { kind: 'start' }>;

let terminal: { binding: TerminalBinding; file: ReadStream; fd: number; pid: number } | undefined;

process.on('message', (message: ToHost) => {
  if (message.kind === 'start') begin(message);
  else if (message.kind === 'hang up') hangUp();
  else if (terminal !== undefined && !terminal.file.destroyed) {
    terminal.binding.resize(terminal.fd, message.size.columns, message.size.rows);
  }
});
// The node is gone, and whoever would see the terminal: nobody else is left to end its program.
process.on('disconnect', () => {
  hangUp();
  void setTimeout(terminal === undefined ? 0 : hangUpMs).then(() => {
    if (terminal !== undefined) killGroup(terminal.pid, 'SIGKILL');
    process.exit();
  });
});

function begin({ argv: [program = '', ...args], environment, workingDirectory, size }: Start): void {
  try {
    const binding = loadBinding();
    const exited = Promise.withResolvers<FromHost>();
    const { fd, pid } = binding.fork(
      program,
      args,
      Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      workingDirectory,
      size.columns,
      size.rows,
      -1,
      -1,
      true,
      '',
      (code, signal) => exited.resolve({ kind: 'exited', code, signal }),
    );
    const file = new ReadStream(fd);
    terminal = { binding, file, fd, pid };
    tell({ kind: 'started', pid });
    const passed = passOutput(file);
    wire.pipe(inputTo(file, fd));
    void Promise.all([exited.promise, passed]).then(([message]) => tell(message, () => process.exit()));
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }, () => process.exit());
  }
}

function tell(message: FromHost, done: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, done);
}

function hangUp(): void {
  terminal?.file.destroy();
}

/**
 * Resolves when all output has left this process. A program's end, or rather that of the first process in the terminal,
 * hangs it up: reads then give what is left, and fail. Reading ahead would lose what was read when they do.
 */
async function passOutput(file: ReadStream): Promise<void> {
  file.on('data', (chunk) => {
    if (wire.write(chunk)) return;
    file.pause();
    wire.once('drain', () => file.resume());
  });
  // Nobody takes it any more.
  wire.once('close', () => file.destroy());
  if (wire.destroyed) file.destroy();
  file.on('error', () => {});
  await new Promise<void>((resolve) => file.once('close', () => resolve()));
  await new Promise<void>((resolve) => {
    if (wire.destroyed) resolve();
    wire.once('close', () => resolve());
    wire.end(() => resolve());
  });
}

/** Keys for the terminal; their end is an end of file for what reads them, since a terminal has no other. */
function inputTo(file: ReadStream, fd: number): Writable {
  let last = newline;
  const type = async (chunk: Buffer): Promise<void> => {
    let rest = chunk;
    // What nobody will read is forgotten; the number may be another file's by then.
    while (rest.length > 0 && !file.destroyed) {
      const written = writeSome(fd, rest);
      if (written === undefined) return;
      last = rest[written - 1] ?? last;
      rest = rest.subarray(written);
      if (rest.length > 0) await setTimeout(retryMs);
    }
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void type(chunk).then(() => done()),
    // In the middle of a line the first only ends the line.
    final: (done) => void type(last === newline ? endOfFile : Buffer.concat([endOfFile, endOfFile])).then(() => done()),
  });
}

/** How many bytes the terminal took just now; undefined when it takes none any more. */
function writeSome(fd: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 0 : undefined;
  }
}
