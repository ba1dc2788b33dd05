import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to who asks for any: another program gets one of these only by naming it. */
const [first, end] = [12_000, 30_000];

/** A TCP port of 127.0.0.1 that nothing listens on now, for programs that must be told one, and for places where nobody is. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (end - first));
    const server = createServer();
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
