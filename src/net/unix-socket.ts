/** A server on a unix socket that its owner alone may connect to. */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, rename, rm } from 'node:fs/promises';
import type { ListenOptions, Server } from 'node:net';
import { dirname, join } from 'node:path';

/**
 * Resolves when connections are taken at the path, in the place of a socket that was there. Disposing it closes the server; what
 * has taken the path by then stays. Rejects with the system's error, with the server closed.
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<AsyncDisposable> {
  // A server that closes removes the path that it was bound to, whoever has it by then: so it is bound to another one.
  const bound = join(dirname(path), `.${randomBytes(4).toString('hex')}`);
  // The socket is made within `listen`, so no other file of this process gets this mask; there is no moment at which
  // others could connect.
  const mask = process.umask(0o177);
  let listening: Promise<void>;
  try {
    listening = bind(server, { path: bound, backlog: 1024 });
  } finally {
    process.umask(mask);
  }
  try {
    await listening;
    await chmod(bound, 0o600);
    const own = await lstat(bound, { bigint: true });
    await rename(bound, path);
    const close = async (): Promise<void> => {
      // Before the server lets go of it: another file could get its number then.
      const now = await lstat(path, { bigint: true }).catch(() => undefined);
      if (now?.ino === own.ino && now.dev === own.dev) await rm(path, { force: true });
      await closed(server);
    };
    let closing: Promise<void> | undefined;
    return { [Symbol.asyncDispose]: () => (closing ??= close()) };
  } catch (error) {
    await closed(server);
    throw error;
  }
}

/** Rejects with the system's error. */
export function bind(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: that a connection cannot be accepted (no file left to open) ends nothing.
    server.on('error', reject);
    server.listen(options, resolve);
  });
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
