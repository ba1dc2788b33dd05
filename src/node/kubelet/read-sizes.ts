/** The sizes of a client's window: JSON objects `{"Width":80,"Height":24}`, one after the other on a stream of their own. */
import type { Readable } from 'node:stream';
import { isRecord } from '../../lib/is-record.ts';
import { TerminalSizes } from '../terminal/size.ts';

const maxPendingBytes = 1024;
const maxExtent = 65535;
const closingBrace = 0x7d;

/**
 * As the kubelet: a size of which a part is zero or missing means nothing, and after what is no size (no JSON, no number, more
 * than 65535) nothing more is taken from the stream. Never holds the stream up.
 */
export function readSizes(stream: Readable): TerminalSizes {
  const sizes = new TerminalSizes();
  let pending = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(closingBrace); end !== -1; end = pending.indexOf(closingBrace)) {
      const size = parseSize(pending.subarray(0, end + 1).toString('utf8'));
      pending = pending.subarray(end + 1);
      if (size === undefined) return stop();
      if (size.columns > 0 && size.rows > 0) sizes.set(size);
    }
    if (pending.length > maxPendingBytes) stop();
  };
  const stop = () => {
    stream.off('data', take);
    // What comes is forgotten, so that it holds nothing up.
    stream.resume();
  };
  stream.on('data', take);
  return sizes;
}

function parseSize(text: string): { columns: number; rows: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { Width: columns = 0, Height: rows = 0 } = value;
  return isExtent(columns) && isExtent(rows) ? { columns, rows } : undefined;
}

function isExtent(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxExtent;
}
