/**
 * The log of one run of one container, in the CRI form: `TIME stdout|stderr P|F TEXT`, one file at a time, bounded:
 * at `maxFileBytes` the file is set aside as FILE.N (N counts up) and all but the last `keepFiles` of those are removed.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { openOwnFile } from '../own-file.ts';

export type LogStream = 'stdout' | 'stderr';

/** A line longer than this is cut into parts, all but the last with the tag P; so has a last line that no newline ends. */
export const MAX_PART_BYTES = 16 * 1024;
const HIGH_WATER_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

export interface ContainerLogOptions {
  file: string;
  maxFileBytes?: number;
  keepFiles?: number;
}

export class ContainerLog {
  readonly file: string;
  /** How many files were set aside: the current one is FILE, older ones FILE.0 … FILE.(rotations-1). */
  rotations = 0;
  /** All is written, and nothing more will be. */
  closed = false;
  #closing = false;
  readonly #maxFileBytes: number;
  readonly #keepFiles: number;
  #handle: FileHandle | undefined;
  #size = 0;
  #queue: Buffer[] = [];
  /** Bytes that were taken, and those that are in the file by now (or lost). */
  #taken = 0;
  #written = 0;
  #writing: Promise<void> | undefined;
  #rotating: Promise<void> | undefined;
  #partial: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #listeners = new Set<() => void>();

  private constructor(options: ContainerLogOptions, handle: FileHandle) {
    this.file = options.file;
    this.#maxFileBytes = options.maxFileBytes ?? 10 * 1024 * 1024;
    this.#keepFiles = options.keepFiles ?? 2;
    this.#handle = handle;
  }

  static async create(options: ContainerLogOptions): Promise<ContainerLog> {
    // Not written through what a pod may have put there.
    await rm(options.file, { force: true });
    return new ContainerLog(options, await open(options.file, 'wx', 0o600));
  }

  /** Takes output as it comes. The promise settles when there is room for more: await it for backpressure. */
  append(stream: LogStream, chunk: Buffer): Promise<void> | undefined {
    if (this.#closing) return undefined;
    let rest = this.#partial[stream].length === 0 ? chunk : Buffer.concat([this.#partial[stream], chunk]);
    for (let end = rest.indexOf(NEWLINE); end !== -1 || rest.length >= MAX_PART_BYTES; end = rest.indexOf(NEWLINE)) {
      const full = end !== -1 && end <= MAX_PART_BYTES;
      const length = full ? end : MAX_PART_BYTES;
      this.#push(stream, full ? 'F' : 'P', rest.subarray(0, length));
      rest = rest.subarray(full ? length + 1 : length);
    }
    this.#partial[stream] = rest.length === 0 ? rest : Buffer.from(rest);
    this.#writing ??= this.#drain();
    return this.#taken - this.#written > HIGH_WATER_BYTES ? this.#writing : undefined;
  }

  /** Writes what is left, an unfinished line too, and closes the file. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#partial[stream];
      if (rest.length > 0) this.#push(stream, 'P', rest);
    }
    await (this.#writing ?? this.#drain());
    await this.#handle?.close();
    this.#handle = undefined;
    this.closed = true;
    this.#notify();
  }

  /** Calls the listener whenever more can be read, and at the end. Returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when all whole lines that were taken until now can be read. */
  async settled(): Promise<void> {
    const taken = this.#taken;
    while (this.#written < taken) {
      await new Promise<void>((resolve) => {
        const stop = this.onChange(() => {
          stop();
          resolve();
        });
      });
    }
  }

  #push(stream: LogStream, tag: 'F' | 'P', text: Buffer): void {
    const line = Buffer.concat([Buffer.from(`${timestamp()} ${stream} ${tag} `), text, Buffer.from('\n')]);
    this.#queue.push(line);
    this.#taken += line.length;
  }

  async #drain(): Promise<void> {
    // Yield first, so that output of one turn is written at once.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = Buffer.concat(this.#queue);
      this.#queue = [];
      try {
        await this.#handle?.appendFile(batch);
        this.#size += batch.length;
        if (this.#size >= this.#maxFileBytes) {
          this.#rotating = this.#rotate().catch(() => {});
          await this.#rotating;
          this.#rotating = undefined;
        }
      } catch {
        // A full disk or a removed directory must not stop the pod: this output is lost, later output is tried again.
      }
      this.#written += batch.length;
      this.#notify();
    }
    this.#writing = undefined;
  }

  /** The current file opened for reading, and its number: how many files were set aside before it. */
  async openCurrent(): Promise<{ handle: FileHandle; number: number }> {
    for (;;) {
      await this.#rotating;
      const number = this.rotations;
      const handle = await openOwnFile(this.file);
      if (this.#rotating === undefined && number === this.rotations) return { handle, number };
      await handle.close();
    }
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    await rename(this.file, `${this.file}.${this.rotations}`);
    this.#handle = await open(this.file, 'wx', 0o600);
    this.rotations += 1;
    this.#size = 0;
    const oldest = this.rotations - this.#keepFiles - 1;
    if (oldest >= 0) await rm(`${this.file}.${oldest}`, { force: true });
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** RFC 3339 with nine digits, as container runtimes write it. */
function timestamp(): string {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor((now % 1) * 1000);
  return `${new Date(now).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}000Z`;
}
