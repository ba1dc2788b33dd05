import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

/** Below what the system gives to those who ask for any port (32768 and on; 49152 on some), and below node ports. */
const [from, to] = [10_000, 30_000];
const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that nothing listens on now, for programs that must be told one. It stays the caller's: neither the system
 * gives it to others before the program listens, or while it is started again, nor does another test.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(from, to);
    if (given.has(port)) continue;
    given.add(port);
    const server = await listenOn({ host: '127.0.0.1', port });
    if (server === undefined) continue;
    server.close();
    await once(server, 'close');
    if (await isOurs(port)) return port;
  }
}

/** Tells tests that run beside this one, as long as this process lives, by a socket that has a name and no file: Linux alone has those. */
async function isOurs(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const claim = await listenOn({ path: `\0fairlead-test-port-${port}` });
  claim?.unref();
  return claim !== undefined;
}

/** Undefined where another listens. */
async function listenOn(place: ListenOptions): Promise<Server | undefined> {
  const server = createServer().listen(place);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
