import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { get, ok, proxyTo, turn } from '../../../test/raw-proxy.ts';
import { rawServer } from '../../../test/raw-sockets.ts';
import type { UpstreamEndpoint } from './upstream.ts';

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

test('a write on a connection that was reset just before it is made on a new one, with its body', async (t) => {
  const bodies: string[] = [];
  await using upstream = await rawServer((socket, head, rest) => {
    if (head.startsWith('PATCH')) bodies.push(rest);
    socket.write(ok('a'));
  });
  await using proxy = await proxyTo(upstream);
  const { connections } = proxy;
  const takeIdle = connections.takeIdle.bind(connections);
  t.mock.method(connections, 'takeIdle', (endpoint: UpstreamEndpoint) => {
    const connection = takeIdle(endpoint);
    upstream.accepted.at(-1)?.resetAndDestroy();
    return connection;
  });
  const client = await proxy.open();
  client.send(get('/fill'));
  await client.until(/a$/);
  client.received = '';
  client.send('PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody');
  const [answer] = await client.until(/^HTTP\/1\.1 \d+ [\s\S]*\r\n\r\n./);
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.deepEqual([upstream.accepted.length, bodies], [2, ['body']]);
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
