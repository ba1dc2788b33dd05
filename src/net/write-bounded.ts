/** Writes of a message's pieces: how much of it may wait in this process, and what becomes of the memory of what is out. */
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/**
 * Above Node's own mark, which one read fills: a sender that is stopped after each read costs two system calls more for each, and
 * has nothing under way while the last piece goes out.
 */
const maxUnsent = 256 * 1024;

/** Smaller ones are not worth it. */
const minFreed = 8 * 1024;

/** Strings are latin1. False: enough waits, and the stream will emit 'drain'. */
export function writeBounded(stream: Writable, bytes: Uint8Array | string): boolean {
  const isBelowMark = typeof bytes === 'string' ? stream.write(bytes, 'latin1') : stream.write(bytes);
  return isBelowMark || stream.writableLength < maxUnsent;
}

/**
 * The same for a piece that was read from a socket of the operating system and that nobody else holds: its memory is given back
 * at once when it is out. Left to the collector, which runs for each 32 MiB of them, passing a large body costs an eighth more,
 * and every piece is read into cold memory.
 */
export function passBounded(stream: Writable, piece: Buffer): boolean {
  const { buffer } = piece;
  const isWorthIt = piece.length > minFreed && piece.length === buffer.byteLength;
  // Other streams may still hold what they have taken.
  if (!isWorthIt || !(stream instanceof Socket) || !(buffer instanceof ArrayBuffer)) return writeBounded(stream, piece);
  const isBelowMark = stream.write(piece, (error) => {
    if (error == null) buffer.transfer(0);
  });
  return isBelowMark || stream.writableLength < maxUnsent;
}

/** The same for bytes that are needed no more when `isOut` is called, which may be at once and more than once. */
export function lendBounded(stream: Writable, bytes: Buffer, isOut: () => void): boolean {
  const isBelowMark = stream.write(bytes, isOut);
  const unsent = stream.writableLength;
  if (unsent === 0) isOut();
  return isBelowMark || unsent < maxUnsent;
}
