/**
 * Port-forward over channels: the i-th port of the request has channel 2i for data and 2i+1 for errors, and the first
 * two bytes of either are the port, little-endian. One WebSocket carries one TCP connection per port.
 */

import { Duplex } from 'node:stream';
import { serverPatience } from '../bound-end.ts';
import { ForwardError } from '../forward-error.ts';
import { Channels } from './channels.ts';

export interface PortForwardOptions {
  port: number;
  subprotocol: string;
  /** Keeps the stream from being taken for idle by what lies between. */
  pingIntervalMs?: number;
}

/**
 * Client side, one port: the TCP stream. Fails with the server's text when it could not forward. The pod is not told that we have
 * ended: the whole connection ends once the pod is silent after that, with an error where an answer may be missing.
 */
export function openPortForward(stream: Duplex, { port, subprotocol, pingIntervalMs }: PortForwardOptions): Duplex {
  const channels = new Channels(stream, {
    role: 'client',
    subprotocol,
    count: 2,
    hearsOut: true,
    ...(pingIntervalMs === undefined ? {} : { pingIntervalMs }),
  });
  return new PortForwardStream(channels, port);
}

export interface ForwardedPort {
  port: number;
  data: Duplex;
  /** Text written here tells the client why its connection failed; end it (and `data`) afterwards. */
  error: Duplex;
}

/** Server side: one pair of streams per port of the request, in its order, after the ports were announced. */
export function acceptPortForward(channels: Channels, ports: readonly number[]): ForwardedPort[] {
  return ports.map((port, i) => {
    const data = channels.channel(2 * i);
    const error = channels.channel(2 * i + 1);
    const announcement = Buffer.allocUnsafe(2);
    announcement.writeUInt16LE(port);
    data.write(announcement);
    error.write(announcement);
    return { port, data, error };
  });
}

const maxErrorBytes = 4096;
/** How long a pod may say nothing after our end, where something came after what we said last: containerd grants as much. */
const silentMs = 1000;
/** The same where nothing did: an answer may be due. */
const unansweredMs = 10_000;

const mayBeMissing =
  'the pod was silent after the client had ended, which this server cannot tell it: its answer may be missing';

class PortForwardStream extends Duplex {
  readonly #channels: Channels;
  readonly #data: Duplex;
  readonly #errorText: Buffer[] = [];
  #errorBytes = 0;
  /** Nothing came since the last write. */
  #isAnswerDue = false;
  /** Of the pod's silence after our end. */
  #silence: NodeJS.Timeout | undefined;
  #hasGivenUp = false;

  constructor(channels: Channels, port: number) {
    super({ allowHalfOpen: true });
    this.#channels = channels;
    this.#data = channels.channel(0);
    this.#readData(port);
    this.#readErrors(channels.channel(1));
    this.#data.on('error', (error) => {
      // After its end only a write can have failed, which is told below.
      if (!this.#data.readableEnded) this.destroy(error);
    });
  }

  override _read(): void {
    if (!this.#data.isPaused()) return;
    this.#silence?.refresh();
    this.#data.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#isAnswerDue = true;
    this.#data.write(chunk, (error) => {
      // What came before the end is there to be read, first.
      if (error && this.#data.readableEnded && !this.readableEnded) this.once('end', () => callback(error));
      else callback(error);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#data.end();
    this.#awaitSilence();
    this.once('close', () => clearTimeout(this.#silence));
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Where both directions were over this is the regular end; else the other side should see a cut.
    if (error === null && this.readableEnded && this.writableFinished) this.#channels.close();
    else this.#channels.terminate();
    callback(error);
  }

  /** The other side cannot be told that we have ended: once it is silent, the whole connection ends. */
  #awaitSilence(): void {
    clearTimeout(this.#silence);
    if (this.destroyed || this.#data.readableEnded) return;
    this.#silence = setTimeout(() => this.#onSilence(), this.#isAnswerDue ? unansweredMs : silentMs);
  }

  #onSilence(): void {
    // What waits for our reader is no silence of the pod.
    if (this.#data.isPaused()) this.#silence?.refresh();
    else if (this.#channels.open) {
      this.#hasGivenUp = true;
      // What we have said may still be on its way, to a pod that reads slowly.
      this.#channels.close(1000, '', serverPatience);
    }
  }

  #onHeard(): void {
    const wasDue = this.#isAnswerDue;
    // What comes as late as that was not all, perhaps.
    this.#isAnswerDue = this.#hasGivenUp;
    if (this.#silence === undefined || this.#hasGivenUp) return;
    if (wasDue) this.#awaitSilence();
    else this.#silence.refresh();
  }

  #readData(port: number): void {
    let announced = Buffer.alloc(0);
    this.#data.on('data', (chunk: Buffer) => {
      let payload = chunk;
      if (announced.length < 2) {
        const missing = 2 - announced.length;
        announced = Buffer.concat([announced, chunk.subarray(0, missing)]);
        payload = chunk.subarray(missing);
        if (announced.length === 2 && announced.readUInt16LE(0) !== port) {
          this.destroy(new Error(`the server forwards port ${announced.readUInt16LE(0)} where ${port} was asked`));
          return;
        }
        if (payload.length === 0) return;
      }
      this.#onHeard();
      if (!this.push(payload)) this.#data.pause();
    });
    this.#data.on('end', () => {
      if (this.#fail()) return;
      if (this.#hasGivenUp && this.#isAnswerDue) this.destroy(new Error(mayBeMissing));
      else this.push(null);
    });
  }

  #readErrors(errors: Duplex): void {
    let timer: NodeJS.Timeout | undefined;
    errors.on('data', (chunk: Buffer) => {
      if (this.#errorBytes > maxErrorBytes) return;
      this.#errorBytes += chunk.length;
      this.#errorText.push(chunk);
      // The server sends the text and then closes, or not: what is there shortly after is the message.
      if (this.#errorBytes > 2) timer ??= setTimeout(() => this.#fail(), 50);
    });
    errors.on('end', () => this.#fail());
    this.on('close', () => clearTimeout(timer));
  }

  /** True if the server gave a reason why the stream is over. */
  #fail(): boolean {
    const text = Buffer.concat(this.#errorText).subarray(2).toString().trim();
    if (text === '') return false;
    this.destroy(new ForwardError(text));
    return true;
  }
}
