/** Frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00 with version 3): written, and cut out of bytes as they arrive. */

const version = 3;

const controlType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Why a stream is reset. */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
} as const;

export const goAwayStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;

export const settingId = { maxConcurrentStreams: 4, initialWindowSize: 7 } as const;

const flagFin = 1;
const flagUnidirectional = 2;

/** The peer broke the protocol in a way that no single stream can be blamed for. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
}

export interface Setting {
  id: number;
  value: number;
}

/** Stream ids are never 0, except in a `windowUpdate` of the whole session. */
export type SpdyFrame =
  /** A piece of a data frame, passed on as it comes; `fin` stands on the last piece only. */
  | { type: 'data'; id: number; payload: Buffer; fin: boolean }
  | { type: 'synStream'; id: number; fin: boolean; unidirectional: boolean; block: Buffer }
  | { type: 'synReply' | 'headers'; id: number; fin: boolean; block: Buffer }
  | { type: 'rstStream'; id: number; status: number }
  | { type: 'settings'; settings: Setting[] }
  | { type: 'ping'; id: number }
  | { type: 'goAway'; lastGoodId: number; status: number }
  | { type: 'windowUpdate'; id: number; delta: number };

const headBytes = 8;
export const maxStreamId = 0x7fffffff;

function control(type: number, flags: number, payloadBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + payloadBytes);
  frame.writeUInt16BE(0x8000 | version, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(flags * 0x1000000 + payloadBytes, 4);
  return frame;
}

function words(type: number, ...values: readonly number[]): Buffer {
  const frame = control(type, 0, values.length * 4);
  values.forEach((value, i) => {
    frame.writeUInt32BE(value, headBytes + i * 4);
  });
  return frame;
}

/** `block` is a compressed header block. */
export function encodeSynStream(id: number, block: Buffer): Buffer {
  const frame = control(controlType.synStream, 0, 10 + block.length);
  frame.writeUInt32BE(id, 8);
  frame.fill(0, 12, 18);
  block.copy(frame, 18);
  return frame;
}

export function encodeSynReply(id: number, block: Buffer): Buffer {
  const frame = control(controlType.synReply, 0, 4 + block.length);
  frame.writeUInt32BE(id, 8);
  block.copy(frame, 12);
  return frame;
}

export const encodeReset = (id: number, status: number): Buffer => words(controlType.rstStream, id, status);
export const encodePing = (id: number): Buffer => words(controlType.ping, id);
export const encodeGoAway = (lastGoodId: number, status: number): Buffer =>
  words(controlType.goAway, lastGoodId, status);
export const encodeWindowUpdate = (id: number, delta: number): Buffer => words(controlType.windowUpdate, id, delta);
export const encodeSettings = (settings: readonly Setting[]): Buffer =>
  words(controlType.settings, settings.length, ...settings.flatMap(({ id, value }) => [id, value]));

/** What stands before the payload of a data frame. */
export function encodeDataHead(id: number, payloadBytes: number, fin: boolean): Buffer {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(id, 0);
  head.writeUInt32BE((fin ? flagFin : 0) * 0x1000000 + payloadBytes, 4);
  return head;
}

type Current = { isData: true; id: number; fin: boolean } | { isData: false; type: number; flags: number };

/** Cuts frames out of a stream of bytes; keeps at most one control frame of `maxControlBytes`, and no data. */
export class FrameParser {
  readonly #maxControlBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #current: Current | undefined;
  /** Bytes of the current frame's payload that are still to come. */
  #left = 0;

  constructor({ maxControlBytes }: { maxControlBytes: number }) {
    this.#maxControlBytes = maxControlBytes;
  }

  /** The frames that `chunk` completes, parsed one by one as they are asked for. Throws SpdyProtocolError. */
  *push(chunk: Buffer): Generator<SpdyFrame, void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#current === undefined) {
        const taken = Math.min(rest.length, headBytes - this.#keptBytes);
        this.#keep(rest.subarray(0, taken));
        rest = rest.subarray(taken);
        if (this.#keptBytes < headBytes) return;
        const head = this.#takeKept();
        this.#left = head.readUIntBE(5, 3);
        this.#current = this.#readHead(head);
      }
      const current: Current = this.#current;
      const piece = rest.subarray(0, this.#left);
      this.#left -= piece.length;
      rest = rest.subarray(piece.length);
      const isWhole = this.#left === 0;
      if (isWhole) this.#current = undefined;
      if (current.isData) {
        const fin = isWhole && current.fin;
        if (piece.length > 0 || fin) yield { type: 'data', id: current.id, payload: piece, fin };
        continue;
      }
      this.#keep(piece);
      if (!isWhole) continue;
      const frame = parseControl(current.type, current.flags, this.#takeKept());
      if (frame !== undefined) yield frame;
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  #takeKept(): Buffer {
    const [only, ...more] = this.#kept;
    const bytes = only === undefined ? Buffer.alloc(0) : more.length === 0 ? only : Buffer.concat(this.#kept);
    this.#kept = [];
    this.#keptBytes = 0;
    return bytes;
  }

  #readHead(head: Buffer): Current {
    const flags = head[4] ?? 0;
    if ((head[0] ?? 0) < 0x80) {
      const id = head.readUInt32BE(0);
      if (id === 0) throw new SpdyProtocolError('a data frame is for stream 0');
      return { isData: true, id, fin: (flags & flagFin) !== 0 };
    }
    const spoken = head.readUInt16BE(0) & 0x7fff;
    if (spoken !== version) throw new SpdyProtocolError(`a frame is of SPDY version ${spoken}, not ${version}`);
    if (this.#left > this.#maxControlBytes) {
      throw new SpdyProtocolError(`a control frame is longer than ${this.#maxControlBytes} bytes`);
    }
    return { isData: false, type: head.readUInt16BE(2), flags };
  }
}

/** Undefined for a type that is not known, which is to be passed over. */
function parseControl(type: number, flags: number, payload: Buffer): SpdyFrame | undefined {
  const fin = (flags & flagFin) !== 0;
  switch (type) {
    case controlType.synStream:
      need(payload, 10, 'SYN_STREAM');
      return {
        type: 'synStream',
        id: streamId(payload),
        fin,
        unidirectional: (flags & flagUnidirectional) !== 0,
        block: payload.subarray(10),
      };
    case controlType.synReply:
    case controlType.headers:
      need(payload, 4, 'SYN_REPLY or HEADERS');
      return {
        type: type === controlType.synReply ? 'synReply' : 'headers',
        id: streamId(payload),
        fin,
        block: payload.subarray(4),
      };
    case controlType.rstStream:
      need(payload, 8, 'RST_STREAM');
      return { type: 'rstStream', id: streamId(payload), status: payload.readUInt32BE(4) };
    case controlType.settings:
      return { type: 'settings', settings: parseSettings(payload) };
    case controlType.ping:
      need(payload, 4, 'PING');
      return { type: 'ping', id: payload.readUInt32BE(0) };
    case controlType.goAway:
      need(payload, 8, 'GOAWAY');
      return { type: 'goAway', lastGoodId: payload.readUInt32BE(0) & maxStreamId, status: payload.readUInt32BE(4) };
    case controlType.windowUpdate:
      need(payload, 8, 'WINDOW_UPDATE');
      return {
        type: 'windowUpdate',
        id: payload.readUInt32BE(0) & maxStreamId,
        delta: payload.readUInt32BE(4) & maxStreamId,
      };
    default:
      return undefined;
  }
}

function need(payload: Buffer, bytes: number, what: string): void {
  if (payload.length < bytes) throw new SpdyProtocolError(`a frame ${what} is cut short`);
}

function streamId(payload: Buffer): number {
  const id = payload.readUInt32BE(0) & maxStreamId;
  if (id === 0) throw new SpdyProtocolError('a control frame is for stream 0');
  return id;
}

function parseSettings(payload: Buffer): Setting[] {
  need(payload, 4, 'SETTINGS');
  const count = payload.readUInt32BE(0);
  if (count * 8 !== payload.length - 4) throw new SpdyProtocolError('a frame SETTINGS lies about its length');
  return Array.from({ length: count }, (_, i) => ({
    id: payload.readUIntBE(5 + i * 8, 3),
    value: payload.readUInt32BE(8 + i * 8),
  }));
}
