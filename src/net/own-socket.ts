/** Unix sockets that nobody else can have made. */
import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const writableByAll = 0o002;

/** Whether there is a socket of this process's user, in a directory of that user: what is said there is heard by nobody else. */
export function isOwnSocket(path: string): boolean {
  const user = process.getuid?.();
  try {
    const socket = lstatSync(path);
    const directory = statSync(dirname(path));
    return socket.isSocket() && socket.uid === user && directory.uid === user && (directory.mode & writableByAll) === 0;
  } catch {
    return false;
  }
}
