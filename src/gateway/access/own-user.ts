/** Keeps other users of this machine out before a byte of theirs is read. */
import type { Socket } from 'node:net';
import { peerUser } from '../../net/peer-user.ts';

const root = 0;

/**
 * Passes on the connections of programs that the gateway's own user runs (and of root, who could do all that anyway);
 * others are closed, and those whose user cannot be told. Only for listeners on loopback addresses.
 */
export function ownUserOnly(onSocket: (socket: Socket) => void): (socket: Socket) => void {
  const own = process.getuid?.();
  return (socket) => {
    socket.on('error', () => socket.destroy());
    peerUser(socket).then(
      (user) => {
        if (user !== undefined && (user === own || user === root)) onSocket(socket);
        else socket.destroy();
      },
      () => socket.destroy(),
    );
  };
}
