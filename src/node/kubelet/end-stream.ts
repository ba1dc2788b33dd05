import { finished } from 'node:stream/promises';
import type { SpdyStream } from '../../net/spdy/stream.ts';

/** Resolves when all that was written is out, and the end, for which the client waits; at once for a stream that is gone. */
export async function endStream(stream: SpdyStream): Promise<void> {
  stream.end();
  await finished(stream, { readable: false }).catch(() => {});
}
