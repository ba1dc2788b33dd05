import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Channels } from '../../net/websocket/channels.ts';
import { beginHandshake } from '../../net/websocket/handshake.ts';
import { openPortForward } from '../../net/websocket/port-forward.ts';
import { HttpError } from './http-error.ts';
import { servePortForward } from './port-forward.ts';

const podIP = '127.0.0.1';
const handle = {
  pod: { apiVersion: 'v1', kind: 'Pod', metadata: {} } as const,
  podIP,
  container: () => undefined,
};

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, podIP);
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The client's end of a connection whose other end is served; what comes before the end of the head is dropped. */
async function forward(
  t: TestContext,
  query: string,
  signal: AbortSignal,
): Promise<{ stream: Duplex; done: Promise<void> }> {
  const sockets = Promise.withResolvers<Socket>();
  const port = await listen(
    t,
    createServer((socket) => sockets.resolve(socket)),
  );
  const { connect } = await import('node:net');
  const stream = connect({ host: podIP, port, allowHalfOpen: true });
  t.after(() => stream.destroy());
  const { headers } = beginHandshake(['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const upgrade = { method: 'GET', headers, socket: await sockets.promise };
  const done = servePortForward(handle, new URLSearchParams(query), upgrade, signal);
  done.catch(() => {});
  for (let head = ''; !head.endsWith('\r\n\r\n'); ) {
    const byte = stream.read(1) as Buffer | null;
    if (byte === null) await Promise.race([once(stream, 'readable'), done]);
    else head += byte.toString();
  }
  return { stream, done };
}

test('a connection to the pod, in version 4 though the client offers 5 as well', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.once('data', (heard) => socket.end(`heard: ${heard}`))),
  );
  const { stream, done } = await forward(t, `port=${port}`, new AbortController().signal);
  const connection = openPortForward(stream, { port, subprotocol: 'v4.channel.k8s.io' });
  connection.write('hello');
  assert.equal(await text(connection), 'heard: hello');
  await done;
});

test('no direction can end alone: the pod’s end is the end of all', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.end('said all')),
  );
  const { stream, done } = await forward(t, `port=${port}`, new AbortController().signal);
  const channels = new Channels(stream, { role: 'client', subprotocol: 'v4.channel.k8s.io', count: 2 });
  const data = buffer(channels.channel(0));
  assert.equal((await channels.closed).code, 1000);
  assert.equal((await data).toString('latin1', 2), 'said all');
  await done;
});

test('what a client said before it closed reaches a pod that reads slowly', async (t) => {
  const received = Promise.withResolvers<number>();
  const port = await listen(
    t,
    createServer((socket) => {
      socket.once('data', (first: Buffer) => {
        let bytes = first.length;
        socket.pause();
        setTimeout(() => socket.resume(), 300);
        socket.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          // What it says meanwhile interests nobody any more.
          socket.write('more');
        });
        socket.once('end', () => received.resolve(bytes));
        socket.once('error', received.reject);
      });
    }),
  );
  const { stream, done } = await forward(t, `port=${port}`, new AbortController().signal);
  const channels = new Channels(stream, { role: 'client', subprotocol: 'v4.channel.k8s.io', count: 2 });
  channels.channel(0).resume();
  channels.channel(0).write(Buffer.alloc(9_000_000), () => channels.close());
  assert.equal(await received.promise, 9_000_000);
  await done;
});

test('a port where nobody listens is told on the error channel, the connection ends cleanly', async (t) => {
  const server = createServer();
  const port = await listen(t, server);
  server.close();
  await once(server, 'close');
  const { stream } = await forward(t, `port=${port}`, new AbortController().signal);
  const channels = new Channels(stream, { role: 'client', subprotocol: 'v5.channel.k8s.io', count: 2 });
  channels.channel(0).resume();
  const error = await buffer(channels.channel(1));
  assert.match(
    error.toString('latin1', 2),
    /failed to connect to 127.0.0.1:\d+ inside the pod: dial tcp 127.0.0.1:\d+: connect: connection refused$/,
  );
  channels.close();
  assert.equal((await channels.closed).code, 1000);
});

test('what is cut off looks cut off: a reset in the pod, a stop of the node', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    }),
  );
  const reset = await forward(t, `port=${port}`, new AbortController().signal);
  const connection = openPortForward(reset.stream, { port, subprotocol: 'v4.channel.k8s.io' });
  connection.write('go');
  await assert.rejects(text(connection), /cut off/);
  const stop = new AbortController();
  const stopped = await forward(t, `port=${port}`, stop.signal);
  const channels = new Channels(stopped.stream, { role: 'client', subprotocol: 'v5.channel.k8s.io', count: 2 });
  stop.abort();
  assert.notEqual((await channels.closed).code, 1000);
  await stopped.done;
});

test('ports that make no sense are refused before the upgrade', async () => {
  const { headers } = beginHandshake(['v4.channel.k8s.io']);
  const never = new AbortController().signal;
  for (const query of ['', 'port=0', 'port=65536', 'port=x']) {
    const socket = {} as Duplex;
    const refused = servePortForward(handle, new URLSearchParams(query), { method: 'GET', headers, socket }, never);
    await assert.rejects(refused, (error: Error) => error instanceof HttpError && error.status === 400, query);
  }
});
