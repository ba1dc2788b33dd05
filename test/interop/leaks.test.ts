/** Ten thousand connections come and go, and leave nothing behind: no socket, timer or listener, and no growing memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { openUpstreamPool } from '../../src/net/http1/pool.ts';
import { serveForwards } from '../forward-server.ts';
import { openUpgradeServer, UncountedTransport } from '../upgrade-server.ts';

const count = 10_000;
/** From here on whatever is kept once is there. */
const warm = 2000;
const atOnce = 50;
/** A listener, timer or map entry is more than this. */
const bytesEach = 100;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** What is over may have a last callback to run: handles are freed at the end of a turn of the event loop. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** What finalizers and weak references held until one collection goes with a later one: collects until nothing goes. */
async function heapBytes(): Promise<number> {
  for (let least = Number.POSITIVE_INFINITY; ; ) {
    await turns();
    collect();
    const { heapUsed } = process.memoryUsage();
    if (heapUsed >= least) return least;
    least = heapUsed;
  }
}

async function times(wanted: number, one: () => Promise<void>): Promise<void> {
  let left = wanted;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await one();
    }),
  );
}

/** How many bytes of heap each connection has left behind. */
async function growth(one: () => Promise<void>): Promise<number> {
  await times(warm, one);
  const before = await heapBytes();
  await times(count - warm, one);
  return ((await heapBytes()) - before) / (count - warm);
}

/** What keeps the process busy, by kind. */
async function resources(): Promise<string[]> {
  await turns();
  return process.getActiveResourcesInfo().sort();
}

for (const [what, wrap] of [
  ['counts windows', undefined],
  ['does not', UncountedTransport],
] as const) {
  test(`port-forward connections to a server that ${what}`, async () => {
    const before = await resources();
    {
      let open = 0;
      await using server = await openUpgradeServer((request, socket) => {
        const served = serveForwards(
          request,
          socket,
          (_port, data, errors) => {
            open++;
            data.pipe(data);
            data.once('end', () => errors.end());
            data.once('close', () => open--);
          },
          wrap && ((transport) => new wrap(transport)),
        );
        return served !== undefined;
      });
      const stop = new AbortController();
      const each = await growth(async () => {
        const stream = await server.client.portForward({ namespace: 'n', pod: 'p', port: 80, signal: stop.signal });
        stream.end('x');
        assert.equal(await text(stream), 'x');
      });
      assert.ok(each < bytesEach, `${each} bytes are left of each connection`);
      assert.equal(open, 0);
      assert.ok(server.sockets.size <= atOnce / 8 + 4, `${server.sockets.size} transports are open`);
      assert.equal(server.asked.length, server.sockets.size, 'transports are used again');
    }
    assert.deepEqual(await resources(), before);
  });
}

test('requests through the pool, and connections that are given up', async () => {
  const before = await resources();
  {
    const server = createServer((request, response) => {
      if (request.url === '/close') response.shouldKeepAlive = false;
      response.end('x');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using pool = openUpstreamPool();
    await using client = openClusterClient({ server: `http://127.0.0.1:${port}`, namespace: 'n' }, { pool });
    const stop = new AbortController();
    for (const path of ['/keep', '/close']) {
      const each = await growth(async () => {
        const { body } = await client.request({ method: 'GET', path, signal: stop.signal });
        assert.equal(await text(body), 'x');
      });
      assert.ok(each < bytesEach, `${path}: ${each} bytes are left of each request`);
      assert.ok(pool.connections.size <= atOnce);
    }
    await client[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    assert.equal(pool.connections.size, 0);
    server.close();
    await once(server, 'close');
  }
  assert.deepEqual(await resources(), before);
});
