/** The end of a connection whose client may still be sending. */
import type { ServerResponse } from 'node:http';
import { boundEnd, serverPatience } from '../net/bound-end.ts';

/** How long we go on reading (and dropping) what a client still sends once the answer is out. */
const patience = { ...serverPatience, endMs: 1000 };

/**
 * To be called before an answer that says `Connection: close` to a body that was not read whole. Node closes with what came of the
 * body unread, and the reset that follows may destroy the answer on its way: here our side alone ends, for now.
 */
export function lingerAfter(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  socket.destroySoon = () => {
    const isOut = boundEnd(socket, patience);
    socket.end(isOut);
    socket.once('end', () => socket.destroy());
    socket.resume();
    // Nothing that still comes is parsed: it is no request that could be answered. Only now does the parser let reading go on.
    process.nextTick(() => socket.removeAllListeners('data').on('data', () => {}));
  };
}
