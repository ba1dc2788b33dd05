import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Arrivals } from '../../../test/arrivals.ts';
import { openUpstreamPool } from './pool.ts';
import type { UpstreamEndpoint, UpstreamRequest } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

interface Scripted extends AsyncDisposable {
  endpoint: UpstreamEndpoint;
  /** Sockets accepted so far. */
  accepted: Socket[];
}

/** A server that answers each complete head with what `onHead` writes; nothing of ours parses for it. */
async function serve(onHead: (socket: Socket, head: string, connection: number) => void): Promise<Scripted> {
  const accepted: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = accepted.push(socket);
    let held = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      for (let end = held.indexOf('\r\n\r\n'); end !== -1; end = held.indexOf('\r\n\r\n')) {
        const head = held.slice(0, end + 4);
        held = held.slice(end + 4);
        onHead(socket, head, connection);
      }
    });
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { host: '127.0.0.1', port },
    accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function get(target = '/', more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { method: 'GET', target, headers: [], signal: new AbortController().signal, ...more };
}

const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('exchanges follow each other on one connection, whatever their framing', async () => {
  const answers = [
    ok('length'),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nchu\r\n4\r\nnked\r\n0\r\nX-Trailer: t\r\n\r\n',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
    'HTTP/1.1 200\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok',
    ok(''),
  ];
  await using server = await serve((socket) => socket.write(answers.shift() ?? ''));
  await using pool = openUpstreamPool();
  const bodies: string[] = [];
  while (answers.length > 0) bodies.push(await text((await pool.request(server.endpoint, get())).body));
  assert.deepEqual(bodies, ['length', 'chunked', '', '', 'ok', '']);
  assert.equal(server.accepted.length, 1);
});

test('a HEAD answer has no body though it names a length', async () => {
  await using server = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
  await using pool = openUpstreamPool();
  for (let i = 0; i < 2; i++) {
    const response = await pool.request(server.endpoint, get('/', { method: 'HEAD' }));
    assert.equal(await text(response.body), '');
  }
  assert.equal(server.accepted.length, 1);
});

test('a stream goes out chunked and bytes with their length', async () => {
  const seen: string[] = [];
  const server = createServer((socket) => {
    let held = '';
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      if (!held.endsWith('0\r\n\r\n') && !held.endsWith('bytes')) return;
      seen.push(held);
      held = '';
      socket.write(ok('x'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  {
    await using pool = openUpstreamPool();
    for (const body of [Readable.from([Buffer.from('ab'), Buffer.from('cde')]), Buffer.from('bytes')]) {
      await text((await pool.request(endpoint, get('/w', { method: 'POST', body }))).body);
    }
  }
  server.close();
  assert.match(
    seen[0] ?? '',
    /^POST \/w HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n$/,
  );
  assert.match(seen[1] ?? '', /\r\nContent-Length: 5\r\n\r\nbytes$/);
});

test('length with chunked, and differing lengths, are refused in a response', async () => {
  for (const lines of [
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Content-Length: 3\r\nContent-Length: 4',
    'Transfer-Encoding: gzip',
    'Content-Length: -1',
  ]) {
    await using server = await serve((socket) => socket.write(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\nabc`));
    await using pool = openUpstreamPool();
    await assert.rejects(pool.request(server.endpoint, get()), UpstreamError, lines);
  }
});

test('a response that is cut off fails its body', async () => {
  for (const head of ['Content-Length: 10', 'Transfer-Encoding: chunked']) {
    await using server = await serve((socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nab`));
    await using pool = openUpstreamPool();
    const response = await pool.request(server.endpoint, get());
    await assert.rejects(text(response.body), /cut off/);
  }
});

test('a response delimited by close ends with it', async () => {
  await using server = await serve((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nto the end'));
  await using pool = openUpstreamPool();
  for (let i = 0; i < 2; i++) assert.equal(await text((await pool.request(server.endpoint, get())).body), 'to the end');
  assert.equal(server.accepted.length, 2);
});

test('surplus bytes destroy the connection', async () => {
  await using server = await serve((socket) => socket.write(`${ok('a')}HTTP/1.1 200 OK\r\n`));
  await using pool = openUpstreamPool();
  for (let i = 0; i < 2; i++) assert.equal(await text((await pool.request(server.endpoint, get())).body), 'a');
  assert.equal(server.accepted.length, 2);
});

test('bytes on an idle connection destroy it', async () => {
  await using server = await serve((socket) => socket.write(ok('a')));
  await using pool = openUpstreamPool();
  await text((await pool.request(server.endpoint, get())).body);
  const [socket] = server.accepted;
  assert.ok(socket !== undefined);
  const closed = once(socket, 'close');
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
  await closed;
  assert.equal(await text((await pool.request(server.endpoint, get())).body), 'a');
  assert.equal(server.accepted.length, 2);
});

test('1xx does not end the exchange; 101 unasked is refused', async () => {
  await using server = await serve((socket, head) => {
    if (head.startsWith('GET /switch'))
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    else socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok('done')}`);
  });
  await using pool = openUpstreamPool();
  assert.equal(await text((await pool.request(server.endpoint, get())).body), 'done');
  await assert.rejects(pool.request(server.endpoint, get('/switch')), /without being asked/);
});

test('an upgrade gives the raw stream only after a valid 101', async () => {
  await using server = await serve((socket, head) => {
    if (head.startsWith('GET /no')) socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    else if (head.startsWith('GET /other')) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n');
    } else {
      socket.removeAllListeners('data');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: Echo\r\nConnection: upgrade\r\n\r\nfirst,');
      socket.on('data', (chunk) => socket.write(chunk));
    }
  });
  await using pool = openUpstreamPool();
  const headers = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'echo'],
  ] as const;
  const refused = await pool.upgrade(server.endpoint, get('/no', { headers }));
  assert.ok(!refused.upgraded);
  assert.equal(refused.status, 403);
  assert.equal(await text(refused.body), 'no');
  await assert.rejects(pool.upgrade(server.endpoint, get('/other', { headers })), UpstreamError);
  const agreed = await pool.upgrade(server.endpoint, get('/echo', { headers }));
  assert.ok(agreed.upgraded);
  // Half-close: our end is told, what comes back is still read.
  agreed.stream.end('second');
  assert.equal(await text(agreed.stream), 'first,second');
});

test('a stale connection: a GET is sent again, a write never', async () => {
  const heads: string[] = [];
  await using server = await serve((socket, head, connection) => {
    heads.push(`${connection} ${head.split(' HTTP')[0]}`);
    if (heads.length % 2 === 1) socket.write(ok('a'));
    else socket.destroy();
  });
  await using pool = openUpstreamPool();
  await text((await pool.request(server.endpoint, get('/1'))).body);
  await text((await pool.request(server.endpoint, get('/2'))).body);
  assert.deepEqual(heads, ['1 GET /1', '1 GET /2', '2 GET /2']);
  await assert.rejects(
    pool.request(server.endpoint, get('/3', { method: 'PUT', body: Buffer.from('') })),
    (error: UpstreamError) => error.sent,
  );
  assert.deepEqual(heads.slice(3), ['2 PUT /3']);
});

test('a GET through proxy or exec is not sent again', async () => {
  for (const target of [
    '/api/v1/namespaces/n/pods/p/exec',
    '/api/v1/nodes/n/proxy/run',
    '/api/v1/namespaces/n/services/s/proxy?x',
  ]) {
    let heads = 0;
    await using server = await serve((socket) => {
      if (++heads === 1) socket.write(ok('a'));
      else socket.destroy();
    });
    await using pool = openUpstreamPool();
    await text((await pool.request(server.endpoint, get())).body);
    await assert.rejects(pool.request(server.endpoint, get(target)), UpstreamError);
    assert.equal(heads, 2);
  }
});

test('an early response is given, and the connection not used again', async () => {
  await using server = await serve((socket, head) => {
    socket.write(head.startsWith('POST') ? `HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig` : ok('a'));
  });
  await using pool = openUpstreamPool();
  const body = new Readable({ read() {} });
  body.push('some');
  const response = await pool.request(server.endpoint, get('/', { method: 'POST', body }));
  assert.equal(response.status, 413);
  assert.equal(await text(response.body), 'big');
  assert.ok(body.destroyed);
  await text((await pool.request(server.endpoint, get())).body);
  assert.equal(server.accepted.length, 2);
});

test('a body that fails fails its request, also before anybody reads it, and nothing else', async () => {
  const heads = new Arrivals<Socket>();
  await using server = await serve((socket) => heads.add(socket));
  await using pool = openUpstreamPool({ maxPerEndpoint: 1 });
  const failing = () => new Readable({ read() {} });
  const fails = (sent: boolean) => ({ message: "the request's body failed: no such file", sent });
  const post = (body: Readable, more: Partial<UpstreamRequest> = {}) =>
    pool.request(server.endpoint, get('/', { method: 'POST', body, ...more }));

  await assert.rejects(post(failing().destroy(new Error('no such file'))), fails(false));

  const first = pool.request(server.endpoint, get());
  await heads.at(0);
  const inLine = failing();
  const waiting = post(inLine);
  inLine.destroy(new Error('no such file'));
  await assert.rejects(waiting, fails(false));
  (await heads.at(0)).write(ok('1'));
  assert.equal(await text((await first).body), '1');

  const held = failing();
  const withheld = post(held, { guard: 'withhold' });
  await heads.at(1);
  held.destroy(new Error('no such file'));
  await assert.rejects(withheld, fails(false));

  const begun = failing();
  begun.push('some');
  const sending = post(begun);
  await heads.at(2);
  begun.destroy(new Error('no such file'));
  await assert.rejects(sending, fails(true));
  assert.equal(pool.connections.size, 0);
});

test('the server stops being read when nobody reads the body', async () => {
  let written = 0;
  const chunk = Buffer.alloc(256 * 1024);
  const total = 200 * chunk.length;
  await using server = await serve((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const more = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', more);
    more();
  });
  await using pool = openUpstreamPool();
  const response = await pool.request(server.endpoint, get());
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(written < total / 2, `${written} of ${total} were taken`);
  let read = 0;
  for await (const piece of response.body) read += (piece as Buffer).length;
  assert.equal(read, total);
});

test('an aborted request frees its connection, before and after the head', async () => {
  await using server = await serve((socket, head) => {
    if (head.startsWith('GET /half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
  });
  await using pool = openUpstreamPool();
  const first = new AbortController();
  const waiting = pool.request(server.endpoint, get('/never', { signal: first.signal }));
  await new Promise((resolve) => setImmediate(resolve));
  first.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  const second = new AbortController();
  const response = await pool.request(server.endpoint, get('/half', { signal: second.signal }));
  second.abort();
  await assert.rejects(text(response.body), { name: 'AbortError' });
  assert.equal(pool.connections.size, 0);
});

test('no place is left: requests wait in line, then are refused', async () => {
  const held = new Arrivals<Socket>();
  await using server = await serve((socket) => held.add(socket));
  await using pool = openUpstreamPool({ maxPerEndpoint: 1, maxWaiting: 1 });
  const first = pool.request(server.endpoint, get());
  const second = pool.request(server.endpoint, get());
  await assert.rejects(pool.request(server.endpoint, get()), /too many requests wait/);
  (await held.at(0)).write(ok('1'));
  await text((await first).body);
  (await held.at(1)).write(ok('2'));
  assert.equal(await text((await second).body), '2');
  assert.equal(server.accepted.length, 1);
});

test('who asks for a new connection gets one also after waiting for a place', async () => {
  const heads = new Arrivals<Socket>();
  await using server = await serve((socket) => heads.add(socket));
  await using pool = openUpstreamPool({ maxPerEndpoint: 1 });
  const first = pool.request(server.endpoint, get());
  (await heads.at(0)).write(ok('1'));
  const fresh = pool.request(server.endpoint, get('/', { guard: 'fresh' }));
  assert.equal(await text((await first).body), '1');
  (await heads.at(1)).write(ok('2'));
  assert.equal(await text((await fresh).body), '2');
  assert.equal(server.accepted.length, 2);
});

test('a pool that is closed leaves nothing on the signals of those who waited', async () => {
  const heads = new Arrivals<Socket>();
  await using server = await serve((socket) => heads.add(socket));
  const pool = openUpstreamPool({ maxPerEndpoint: 1 });
  const { signal } = new AbortController();
  const requests = [1, 2, 3].map(() => pool.request(server.endpoint, get('/', { signal })));
  await heads.at(0);
  const settled = Promise.allSettled(requests);
  await pool[Symbol.asyncDispose]();
  assert.ok((await settled).every(({ status }) => status === 'rejected'));
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('an idle connection is closed after its time, or before the time that the server announced', async () => {
  for (const announced of ['', 'Keep-Alive: timeout=1\r\n']) {
    await using server = await serve((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${announced}Content-Length: 1\r\n\r\na`),
    );
    await using pool = openUpstreamPool({ idleTimeoutMs: announced === '' ? 30 : 60_000 });
    await text((await pool.request(server.endpoint, get())).body);
    const [socket] = server.accepted;
    assert.ok(socket !== undefined);
    await once(socket, 'close');
  }
});

test('a refused connection says where, and that nothing was sent', async () => {
  const gone = await serve(() => {});
  await gone[Symbol.asyncDispose]();
  await using pool = openUpstreamPool();
  await assert.rejects(
    pool.request(gone.endpoint, get('/', { method: 'POST' })),
    (error: UpstreamError) => !error.sent && error.message.includes(`127.0.0.1:${gone.endpoint.port}`),
  );
});

test('headers and targets that would break the head are refused', async () => {
  await using pool = openUpstreamPool();
  const endpoint = { host: '127.0.0.1', port: 1 };
  await assert.rejects(pool.request(endpoint, get('/', { headers: [['X', 'a\r\nY: b']] })), TypeError);
  await assert.rejects(pool.request(endpoint, get('/ HTTP/1.1\r\nX: y')), TypeError);
});
