import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { OnForward } from '../../../test/forward-server.ts';
import { serveForwards } from '../../../test/forward-server.ts';
import type { UpgradeServer } from '../../../test/upgrade-server.ts';
import { openUpgradeServer, UncountedTransport } from '../../../test/upgrade-server.ts';
import { isReason } from '../../api/status.ts';
import { isSpdyRequest } from '../../net/spdy/handshake.ts';
import { Channels, channelSubprotocols } from '../../net/websocket/channels.ts';
import { answerHandshake, headerLines } from '../../net/websocket/handshake.ts';
import { acceptPortForward } from '../../net/websocket/port-forward.ts';
import { ForwardError } from '../client.ts';

const tunnel = 'GET SPDY/3.1+portforward.k8s.io';
const channels = 'GET v5.channel.k8s.io v4.channel.k8s.io';
const echo: OnForward = (_port, data, errors) => {
  data.pipe(data);
  data.once('end', () => errors.end());
};

const forward = ({ client }: UpgradeServer, port = 80, signal?: AbortSignal): Promise<Duplex> =>
  client.portForward({ namespace: 'n', pod: 'p', port, ...(signal && { signal }) });

async function exchange(server: UpgradeServer, sent: string): Promise<string> {
  const stream = await forward(server);
  stream.end(sent);
  return text(stream);
}

test('a tunnel in a WebSocket first, then SPDY, then channels; what was refused is not asked again', async () => {
  for (const [what, asked] of [
    ['tunnel', [tunnel]],
    ['spdy', [tunnel, 'POST']],
    ['channels', [tunnel, 'POST', channels, channels]],
  ] as const) {
    await using server = await openUpgradeServer((request, socket) => {
      const lines = headerLines(request.rawHeaders);
      if (what === 'channels') {
        if (request.url?.endsWith('?ports=80') !== true) return false;
        const { head, subprotocol = '' } = answerHandshake('GET', lines, channelSubprotocols);
        socket.write(head);
        const served = new Channels(socket, { role: 'server', subprotocol, count: 2 });
        for (const { data } of acceptPortForward(served, [80])) data.pipe(data);
        return true;
      }
      if ((what === 'spdy') !== isSpdyRequest(lines)) return false;
      return serveForwards(request, socket, echo) !== undefined;
    });
    assert.equal(await exchange(server, what), what);
    assert.equal(await exchange(server, `${what} again`), `${what} again`);
    assert.deepEqual(server.asked, asked);
  }
});

test('an answer with a Status is final, but for Forbidden, which may be about the method', async () => {
  for (const [reason, code, asked] of [
    ['NotFound', 404, [tunnel]],
    ['BadRequest', 400, [tunnel]],
    ['Forbidden', 403, [tunnel, 'POST']],
  ] as const) {
    await using server = await openUpgradeServer((_request, socket) => {
      const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: 'no' });
      socket.end(`HTTP/1.1 ${code} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      return true;
    });
    await assert.rejects(forward(server), (error) => isReason(error, reason));
    assert.deepEqual(server.asked, asked);
  }
});

test('where all protocols are refused, one sentence says so, and the next connection asks again', async () => {
  await using server = await openUpgradeServer(() => false);
  for (let i = 1; i <= 2; i++) {
    await assert.rejects(forward(server), /did not switch protocols: it answered 403/);
    assert.deepEqual(server.asked.slice(-3), [tunnel, 'POST', channels]);
    assert.equal(server.asked.length, 3 * i);
  }
});

test('a hundred connections at once share a transport whose server counts windows', async () => {
  await using server = await openUpgradeServer((request, socket) => serveForwards(request, socket, echo) !== undefined);
  const sent = Array.from({ length: 100 }, (_, i) => `${i} `.repeat(20_000));
  assert.deepEqual(await Promise.all(sent.map((one) => exchange(server, one))), sent);
  assert.deepEqual(server.asked, [tunnel]);
});

test('a server is never asked for more streams than it takes', async () => {
  await using server = await openUpgradeServer((request, socket) => serveForwards(request, socket, echo) !== undefined);
  // Two streams each, of the 256 that this server takes on one transport.
  const streams = await Promise.all(Array.from({ length: 300 }, () => forward(server)));
  const answers = streams.map((stream, i) => {
    stream.end(`hello ${i}`);
    return text(stream);
  });
  assert.deepEqual(
    await Promise.all(answers),
    streams.map((_, i) => `hello ${i}`),
  );
  assert.equal(server.asked.length, 3);
});

const uncounted = (onForward: OnForward) =>
  openUpgradeServer(
    (request, socket) =>
      serveForwards(request, socket, onForward, (transport) => new UncountedTransport(transport)) !== undefined,
  );

test('to a server that does not, a few connections have one each, and more share some', async () => {
  await using server = await uncounted(echo);
  const streams: Duplex[] = [];
  for (let i = 0; i < 4; i++) streams.push(await forward(server));
  assert.equal(server.asked.length, 4);
  streams.push(...(await Promise.all(Array.from({ length: 96 }, () => forward(server)))));
  assert.ok(server.asked.length >= 100 / 8 && server.asked.length <= 20, `${server.asked.length} transports`);
  const answers = streams.map((stream, i) => {
    stream.end(`hello ${i}`);
    return text(stream);
  });
  assert.deepEqual(
    await Promise.all(answers),
    streams.map((_, i) => `hello ${i}`),
  );
  // The transports are still there for those that come.
  const before = server.asked.length;
  assert.equal(await exchange(server, 'again'), 'again');
  assert.equal(server.asked.length, before);
});

for (const [what, open] of [
  ['counts', (onForward: OnForward) => openUpgradeServer((...of) => serveForwards(...of, onForward) !== undefined)],
  ['does not count', uncounted],
] as const) {
  test(`a reader that does not read holds up nobody else, where the server ${what}`, async () => {
    const flood = Buffer.alloc(1024 * 1024);
    await using server = await open((port, data, errors) => {
      if (port === 80) return echo(port, data, errors);
      const fill = () => {
        while (!data.destroyed && data.write(flood));
      };
      data.on('drain', fill);
      fill();
    });
    const stalled = await forward(server, 81);
    stalled.once('readable', () => {});
    await once(stalled, 'readable');
    for (let i = 0; i < 20; i++) assert.equal(await exchange(server, 'x'.repeat(100_000)), 'x'.repeat(100_000));
    stalled.destroy();
  });
}

test('a server is not taken for slow where this process itself was held up', async () => {
  await using server = await uncounted(echo);
  const before: Duplex[] = [];
  for (let i = 0; i < 31; i++) before.push(await forward(server));
  // There is room for one more.
  const { size } = server.sockets;
  const beside = forward(server);
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2200);
  const stream = await beside;
  assert.equal(server.sockets.size, size);
  for (const each of [...before, stream]) each.destroy();
});

test('a connection of which nothing is read is given up when others wait for it', async (t) => {
  const flood = Buffer.alloc(1024 * 1024);
  await using server = await uncounted((port, data, errors) => {
    if (port === 80) return echo(port, data, errors);
    const fill = () => {
      while (!data.destroyed && data.write(flood));
    };
    data.on('drain', fill);
    fill();
  });
  const idle: Duplex[] = [];
  for (let i = 0; i < 4; i++) idle.push(await forward(server));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // The fifth is beside one of them.
  const stalled = await forward(server, 81);
  const failed = once(stalled, 'error');
  for (let turn = 0; turn < 10_000 && !stalled.destroyed; turn++) {
    t.mock.timers.tick(30_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(String((await failed)[0]), /nothing was read of it for 30 s/);
  for (const stream of idle) {
    stream.end('still here');
    assert.equal(await text(stream), 'still here');
  }
  assert.equal(server.asked.length, 4);
});

test("an error text is its own connection's failure; the next one asks the API server again", async () => {
  await using server = await openUpgradeServer((request, socket) => {
    const served = serveForwards(request, socket, (port, data, errors) => {
      if (port === 80) echo(port, data, errors);
      else errors.end('error forwarding port 81: connection refused', () => data.destroy());
    });
    return served !== undefined;
  });
  const neighbour = await forward(server);
  await assert.rejects(buffer(await forward(server, 81)), { message: 'error forwarding port 81: connection refused' });
  neighbour.end('still here');
  assert.equal(await text(neighbour), 'still here');
  assert.deepEqual(server.asked, [tunnel]);
  assert.equal(await exchange(server, 'next'), 'next');
  assert.deepEqual(server.asked, [tunnel, tunnel]);
});

test('a program can tell that nothing listens at the port from what else fails', async () => {
  for (const [said, code] of [
    ['failed to connect to localhost:81: dial tcp4 127.0.0.1:81: connect: connection refused', 'ECONNREFUSED'],
    ['pod not found', undefined],
  ] as const) {
    await using server = await openUpgradeServer(
      (request, socket) => serveForwards(request, socket, (_port, _data, errors) => errors.end(said)) !== undefined,
    );
    await assert.rejects(
      buffer(await forward(server)),
      (error) => error instanceof ForwardError && error.code === code,
    );
  }
});

test('a transport that dies fails its connections, and the next one opens another', async () => {
  await using server = await openUpgradeServer((request, socket) => serveForwards(request, socket, echo) !== undefined);
  const streams = [await forward(server), await forward(server)];
  for (const stream of streams) {
    stream.write('x');
    await once(stream, 'data');
  }
  for (const socket of server.sockets) socket.destroy();
  for (const stream of streams) await assert.rejects(buffer(stream), /cut off/);
  assert.equal(await exchange(server, 'anew'), 'anew');
  assert.equal(server.asked.length, 2);
});

test('either side may end first, and goes on to hear the other', async () => {
  const heard = Promise.withResolvers<string>();
  await using server = await openUpgradeServer((request, socket) => {
    const served = serveForwards(request, socket, (port, data) => {
      if (port === 80) data.on('end', () => data.end('after your end')).resume();
      else {
        data.end('before yours');
        text(data).then(heard.resolve, heard.reject);
      }
    });
    return served !== undefined;
  });
  assert.equal(await exchange(server, 'said'), 'after your end');
  const stream = await forward(server, 81);
  // Not by what destroys a stream that it has read.
  assert.equal(String((await once(stream, 'data'))[0]), 'before yours');
  await once(stream, 'end');
  stream.end('and mine');
  assert.equal(await heard.promise, 'and mine');
});

test('a signal ends what is being opened; closing the client ends what is open', async () => {
  const stop = new AbortController();
  await using server = await openUpgradeServer((request, socket) => {
    if (request.url?.includes('/pods/slow/') === true) {
      stop.abort(new Error('enough'));
      return true;
    }
    return serveForwards(request, socket, echo) !== undefined;
  });
  const slow = server.client.portForward({ namespace: 'n', pod: 'slow', port: 80, signal: stop.signal });
  await assert.rejects(slow, /enough/);
  const stream = await forward(server);
  await server.client[Symbol.asyncDispose]();
  await assert.rejects(buffer(stream), /cut off/);
  await assert.rejects(forward(server), { name: 'AbortError' });
});

test('a transport without connections ends after a while', async (t) => {
  await using server = await openUpgradeServer((request, socket) => serveForwards(request, socket, echo) !== undefined);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  assert.equal(await exchange(server, 'one'), 'one');
  assert.equal(await exchange(server, 'two'), 'two');
  const [socket] = server.sockets;
  assert.ok(socket !== undefined);
  const closed = once(socket, 'close');
  t.mock.timers.tick(15_000);
  await closed;
  assert.equal(server.asked.length, 1);
});
