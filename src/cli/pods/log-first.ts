/** The streams of a container that one was attached to while it ran: first what its log holds, then what comes. */
import { PassThrough, type Readable } from 'node:stream';
import type { ExecSession } from '../../client/exec.ts';
import { roomIn } from '../../lib/room-in.ts';
import { within } from '../../lib/within.ts';
import { HeldOutput } from './held-output.ts';

/** A node that does not tell the log must not keep what comes from being shown. */
const SILENT_MS = 5000;
/** How much of the log may have been told before what comes is found in it. */
const END_BYTES = 1024 * 1024;
/** A longer log is not read again to see how long it is. */
const MEASURED_BYTES = 1024 * 1024;

type OpenLog = () => Promise<Readable>;

/**
 * The log is opened once one is attached, so that nothing between the two is lost; what both bring is told once. `failed` is
 * called where the log could not be read to its end. The log is told on `stdout`, as it does not say where each line went.
 */
export function logFirst(session: ExecSession, openLog: OpenLog, failed: (error: Error) => void): ExecSession {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const held = new HeldOutput([
    { from: session.stdout, to: stdout },
    { from: session.stderr, to: stderr },
  ]);
  void tellLog(openLog, stdout, held, failed).then(({ end, length, tookMs }) => {
    const measure = async () => (length < MEASURED_BYTES ? await lengthOf(openLog) : undefined);
    held.compare({ end, length, tookMs, measure });
  });
  return { ...session, stdout, stderr, resize: (size) => session.resize(size) };
}

/** To its end, or to where what comes goes on. Returns how long that is, in bytes, and the last ones. Never rejects. */
async function tellLog(openLog: OpenLog, to: PassThrough, held: HeldOutput, failed: (error: Error) => void) {
  const since = performance.now();
  const end = new End();
  let length = 0;
  try {
    for await (const chunk of chunksInTime(openLog)) {
      end.push(chunk);
      length += chunk.length;
      // There is nobody to tell any more: it would never drain.
      if (to.destroyed) break;
      if (!to.write(chunk)) await roomIn(to);
      // It may go on for ever.
      if (held.isFull && held.toldSince(end.bytes()) > END_BYTES / 2) break;
    }
  } catch (error) {
    if (!to.destroyed) failed(error instanceof Error ? error : new Error(String(error)));
  }
  return { end: end.bytes(), length, tookMs: performance.now() - since };
}

/** The last bytes of what was pushed. */
class End {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (
      let first = this.#chunks[0];
      first !== undefined && this.#length - first.length >= END_BYTES;
      first = this.#chunks[0]
    ) {
      this.#length -= first.length;
      this.#chunks.shift();
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks).subarray(-END_BYTES);
  }
}

/** Undefined where it cannot be read. */
async function lengthOf(openLog: OpenLog): Promise<number | undefined> {
  let length = 0;
  try {
    for await (const chunk of chunksInTime(openLog)) length += chunk.length;
  } catch {
    return undefined;
  }
  return length;
}

/** Throws where nothing comes for long. */
async function* chunksInTime(openLog: OpenLog): AsyncGenerator<Buffer> {
  const opening = openLog();
  try {
    const log = await inTime(opening);
    const chunks: AsyncIterator<Buffer> = log[Symbol.asyncIterator]();
    for (let next = await inTime(chunks.next()); next.done !== true; next = await inTime(chunks.next())) {
      yield next.value;
    }
  } finally {
    opening.then(
      (log) => log.destroy(),
      () => {},
    );
  }
}

async function inTime<T>(step: Promise<T>): Promise<T> {
  const result = await within<T | undefined>(SILENT_MS, undefined, step);
  if (result === undefined) throw new Error(`nothing came for ${SILENT_MS / 1000} s`);
  return result;
}
