import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { RawServer } from '../../../test/raw-sockets.ts';
import { RawClient, rawServer } from '../../../test/raw-sockets.ts';
import { ConnectionPool } from './connections.ts';
import { formatParsedHead } from './head.ts';
import { endToEndHeaders, headerValue } from './headers.ts';
import { Http1Server } from './server.ts';
import { splice } from './splice.ts';

interface Proxy extends AsyncDisposable {
  port: number;
  connections: ConnectionPool;
  server: Http1Server;
  open(): Promise<RawClient>;
}

/** A proxy of nothing but the parts of this folder, in front of a raw server. */
async function proxyTo(
  upstream: RawServer,
  options: { headTimeoutMs?: number; keepAliveMs?: number; halfOpenMs?: number } = {},
): Promise<Proxy> {
  const connections = new ConnectionPool();
  const endpoint = { host: '127.0.0.1', port: upstream.port };
  const clients: RawClient[] = [];
  const server = new Http1Server({
    ...options,
    onRequest(exchange) {
      const { head, upgrade } = exchange;
      const lines = endToEndHeaders(head.headers);
      if (upgrade !== undefined)
        lines.push(['Connection', 'Upgrade'], ['Upgrade', headerValue(head.headers, 'upgrade') ?? '']);
      splice(exchange, {
        connections,
        endpoint,
        target: head.target,
        head: formatParsedHead(`${head.method} ${head.target} HTTP/1.1`, lines),
        watch: head.target.includes('watch=true'),
        onFail: (error, canRetry) =>
          exchange.answer(
            502,
            { 'X-Can-Retry': String(canRetry) },
            error instanceof Error ? error.message : String(error),
          ),
      });
    },
  });
  const listener = createServer({ allowHalfOpen: true }, (socket) => server.accept(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    connections,
    server,
    async open() {
      const client = await RawClient.open(port);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      listener.close();
      await server.drain(1000);
      await connections[Symbol.asyncDispose]();
    },
  };
}

const get = (target = '/', more = ''): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('bodies pass with their framing, trailers too, over kept connections', async () => {
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n';
  const bodies: string[] = [];
  await using upstream = await rawServer((socket, head, rest) => {
    if (head.startsWith('POST')) bodies.push(rest);
    socket.write(head.startsWith('GET') ? chunked : ok('posted'));
  });
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get());
  await client.until(/Trailer: X-Sum\r\n\r\n3;ext=1\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n$/);
  client.send('POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-T: 1\r\n\r\n');
  await client.until(/posted$/);
  assert.deepEqual(bodies, ['4\r\nbody\r\n0\r\nX-T: 1\r\n\r\n']);
  client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
  client.received = '';
  await client.until(/Content-Length: 6\r\n\r\n/);
  assert.equal(upstream.accepted.length, 1);
});

test('hop-by-hop lines stay on their hop', async () => {
  await using upstream = await rawServer((socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(
    get('/', 'Connection: X-Mine, keep-alive\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: p\r\nX-Yours: 2\r\n'),
  );
  await client.until(/\r\n\r\n/);
  assert.equal(upstream.heads[0], '1 GET / HTTP/1.1\r\nHost: x\r\nX-Yours: 2\r\n\r\n');
  assert.equal(client.received, 'HTTP/1.1 200 OK\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n');
});

test('informational responses are relayed and do not end the exchange', async () => {
  await using upstream = await rawServer((socket) => {
    socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n');
    socket.removeAllListeners('data');
    socket.on('data', () => socket.write(ok('done')));
  });
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/s>\r\n\r\n$/);
  client.send('body');
  await client.until(/done$/);
});

test('pipelined requests are held back and answered in order, one exchange at a time', async () => {
  const waiting: Socket[] = [];
  await using upstream = await rawServer((socket) => waiting.push(socket));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get('/1') + get('/2'));
  while (waiting.length < 1) await turn();
  await turn();
  assert.equal(upstream.heads.length, 1);
  waiting[0]?.write(ok('one'));
  while (waiting.length < 2) await turn();
  waiting[1]?.write(ok('two'));
  await client.until(/one[\s\S]*two$/);
});

test('requests that could be read in two ways are refused and the connection closed', async () => {
  await using upstream = await rawServer((socket) => socket.write(ok('reached')));
  await using proxy = await proxyTo(upstream);
  const cases: [string, string, number][] = [
    [
      'length and chunked',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 400],
    ['the same length twice', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc', 400],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc', 400],
    ['another coding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['one bare line feed', 'GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', 400],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n', 400],
    ['no colon', 'GET / HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
    ['a strange method', 'G@T / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another version', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['a large head', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
    ['many lines', `GET / HTTP/1.1\r\nHost: x\r\n${'X: a\r\n'.repeat(300)}\r\n`, 431],
    ['a chunk size that is none', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 400],
  ];
  for (const [name, request, status] of cases) {
    using client = await RawClient.open(proxy.port);
    client.send(request + get('/smuggled'));
    assert.match((await client.until(/^HTTP\/1\.1 (\d+)/))[1] ?? '', new RegExp(`${status}`), name);
    assert.equal(await client.end(), 'end', name);
    assert.doesNotMatch(client.received, /reached/, name);
  }
  assert.deepEqual(
    upstream.heads.filter((head) => head.includes('smuggled')),
    [],
  );
});

test('responses that could be read in two ways are 502', async () => {
  for (const head of [
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n',
    'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    'nonsense\r\n\r\n',
  ]) {
    await using upstream = await rawServer((socket) => socket.write(head));
    await using proxy = await proxyTo(upstream);
    const client = await proxy.open();
    client.send(get());
    await client.until(/^HTTP\/1\.1 502 /);
  }
});

test('surplus bytes of the upstream reach nobody', async () => {
  await using upstream = await rawServer((socket) => socket.write(`${ok('a')}${ok('stolen')}`));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  for (let i = 0; i < 2; i++) {
    client.received = '';
    client.send(get());
    await client.until(/a$/);
    await turn();
    assert.doesNotMatch(client.received, /stolen/);
  }
  assert.equal(upstream.accepted.length, 2);
});

test('a response delimited by close closes both sides', async () => {
  await using upstream = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get() + get('/again'));
  assert.equal(await client.end(), 'end');
  assert.equal(client.received, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it');
  assert.equal(upstream.heads.length, 1);
});

test('what is cut off looks cut off', async () => {
  const cases: [string, string][] = [
    ['a length not reached', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ];
  for (const [name, bytes] of cases) {
    await using upstream = await rawServer((socket) => socket.end(bytes));
    await using proxy = await proxyTo(upstream);
    const client = await proxy.open();
    client.send(get());
    await client.end();
    assert.match(client.received, /half/, name);
    assert.doesNotMatch(client.received, /0\r\n\r\n$/, name);
  }
  // Delimited by close: only a reset tells the client that the end is not the end.
  await using upstream = await rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get());
  assert.equal(await client.end(), 'reset');
});

test('a watch whose upstream is lost ends cleanly, between two events', async () => {
  const event = '{"type":"ADDED","object":{}}\n';
  const part = '{"type":"MODI';
  const size = (text: string): string => text.length.toString(16);
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  await using upstream = await rawServer((socket) => {
    socket.write(`${head}${size(event + part)}\r\n${event}${part}\r\n`, () => setTimeout(() => socket.destroy(), 20));
  });
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get('/api/v1/pods?watch=true'));
  await client.until(/0\r\n\r\n$/);
  assert.equal(client.received, `${head}${size(event)}\r\n${event}\r\n0\r\n\r\n`);
  // The same bytes as an answer to anything else are cut.
  const other = await proxy.open();
  other.send(get('/api/v1/pods'));
  await other.end();
  assert.doesNotMatch(other.received, /0\r\n\r\n$/);
});

test('an early response is relayed and neither connection is used again', async () => {
  await using upstream = await rawServer((socket) => socket.write(ok('early')));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin');
  await client.until(/Connection: close\r\n\r\nearly$/);
  await client.end();
  const next = await proxy.open();
  next.send(get());
  await next.until(/early$/);
  assert.equal(upstream.accepted.length, 2);
});

test('an upgrade passes bytes both ways with half-close, only after 101', async () => {
  await using upstream = await rawServer((socket, head, rest) => {
    if (head.includes('/refuse')) {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return;
    }
    socket.removeAllListeners('data');
    socket.removeAllListeners('end');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: thing\r\nConnection: Upgrade\r\n\r\n>${rest}`);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end('|end'));
  });
  await using proxy = await proxyTo(upstream);
  const upgrade = 'Connection: Upgrade\r\nUpgrade: thing\r\n';
  const client = await proxy.open();
  client.send(`${get('/', upgrade)}early`);
  await client.until(/101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: thing\r\n\r\n>early$/);
  client.socket.end(',late');
  assert.equal(await client.end(), 'end');
  assert.match(client.received, />early,late\|end$/);

  const refused = await proxy.open();
  refused.send(`${get('/refuse', upgrade)}bytes for the other protocol`);
  await refused.until(/403 Forbidden[\s\S]*no$/);
  await refused.end();
  assert.equal(upstream.heads.length, 2);
});

test('an upgraded stream that is cut on one side is cut on the other', async () => {
  await using upstream = await rawServer((socket) => {
    socket.removeAllListeners('data');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: thing\r\nConnection: Upgrade\r\n\r\n', () =>
      socket.destroy(),
    );
  });
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get('/', 'Connection: Upgrade\r\nUpgrade: thing\r\n'));
  await client.end();
  client.socket.end();
  await once(client.socket, 'close');
});

test('h2c and upgrades of a request with a body are not asked for', async () => {
  await using upstream = await rawServer((socket) => socket.write(ok('plain')));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send(get('/', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n'));
  await client.until(/plain$/);
  assert.equal(upstream.heads[0], '1 GET / HTTP/1.1\r\nHost: x\r\n\r\n');
});

test('retries: a read on a stale connection once more, a write never', async () => {
  let stale = false;
  await using upstream = await rawServer((socket) => (stale ? socket.destroy() : socket.write(ok('a'))));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  const request = async (text: string): Promise<string> => {
    client.received = '';
    client.send(text);
    return (await client.until(/^HTTP\/1\.1 \d+ [\s\S]*\r\n\r\n./))[0];
  };
  assert.match(await request(get('/fill')), /200/);
  stale = true;
  assert.match(await request(get('/read')), /502[\s\S]*X-Can-Retry: true/);
  assert.equal(upstream.heads.filter((head) => head.includes('/read')).length, 2);
  stale = false;
  await request(get('/fill'));
  stale = true;
  assert.match(
    await request('PUT /write HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'),
    /502[\s\S]*X-Can-Retry: false/,
  );
  assert.equal(upstream.heads.filter((head) => head.includes('/write')).length, 1);
  stale = false;
  await request(get('/fill'));
  stale = true;
  assert.match(await request(get('/api/v1/nodes/n/proxy/x')), /502[\s\S]*X-Can-Retry: false/);
  assert.equal(upstream.heads.filter((head) => head.includes('/proxy/')).length, 1);
});

test('a client that is gone ends the exchange at the upstream', async () => {
  await using upstream = await rawServer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
  );
  await using proxy = await proxyTo(upstream, { halfOpenMs: 20 });
  const client = await proxy.open();
  client.send(get());
  await client.until(/a\r\n$/);
  const [socket] = upstream.accepted;
  assert.ok(socket !== undefined);
  const closed = once(socket, 'close');
  client.socket.destroy();
  await closed;
  assert.equal(proxy.connections.size, 0);
});

test('a client that ended its half still gets the answer', async () => {
  await using upstream = await rawServer((socket) => void setTimeout(() => socket.write(ok('late')), 20));
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.socket.end(get());
  assert.equal(await client.end(), 'end');
  assert.match(client.received, /late$/);
});

test('HTTP/1.0 clients get no chunks', async () => {
  await using upstream = await rawServer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
  );
  await using proxy = await proxyTo(upstream);
  const client = await proxy.open();
  client.send('GET / HTTP/1.0\r\nHost: x\r\n\r\n');
  assert.equal(await client.end(), 'end');
  assert.equal(client.received, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde');
});

for (const direction of ['down', 'up'] as const) {
  test(`a slow reader holds the sender back (${direction}stream)`, async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const total = 256 * chunk.length;
    let written = 0;
    const fill = (socket: Socket): void => {
      const more = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', more);
      more();
    };
    await using upstream = await rawServer((socket) => {
      if (direction === 'up') socket.pause();
      else {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
        fill(socket);
      }
    });
    await using proxy = await proxyTo(upstream);
    const client = await proxy.open();
    if (direction === 'down') {
      client.socket.pause();
      client.send(get());
    } else {
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${total}\r\n\r\n`);
      fill(client.socket);
    }
    let before = -1;
    while (before !== written || written === 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(written < total * 0.75, `${written} of ${total} bytes were taken`);
  });
}

test('slow heads are timed out and idle connections closed', async () => {
  await using upstream = await rawServer((socket) => socket.write(ok('a')));
  await using proxy = await proxyTo(upstream, { headTimeoutMs: 40, keepAliveMs: 40 });
  const slow = await proxy.open();
  slow.send('GET / HTTP/1.1\r\nHo');
  await slow.until(/^HTTP\/1\.1 408 /);
  const idle = await proxy.open();
  idle.send(get());
  await idle.until(/a$/);
  assert.equal(await idle.end(), 'end');
});

test('draining lets the exchange in flight finish and closes the rest', async () => {
  const waiting: Socket[] = [];
  await using upstream = await rawServer((socket) => waiting.push(socket));
  await using proxy = await proxyTo(upstream);
  const [busy, idle] = [await proxy.open(), await proxy.open()];
  busy.send(get());
  while (waiting.length < 1) await turn();
  const drained = proxy.server.drain(5000);
  assert.equal(await idle.end(), 'end');
  waiting[0]?.write(ok('finished'));
  assert.equal(await busy.end(), 'end');
  assert.match(busy.received, /Connection: close\r\n\r\nfinished$/);
  busy.socket.end();
  idle.socket.end();
  await drained;
});
