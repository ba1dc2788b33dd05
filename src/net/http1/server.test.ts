import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { get, ok, proxyTo, turn } from '../../../test/raw-proxy.ts';
import { RawClient, rawServer } from '../../../test/raw-sockets.ts';

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
  const phrases: Readonly<Record<number, string>> = {
    400: 'Bad Request',
    431: 'Request Header Fields Too Large',
    501: 'Not Implemented',
    505: 'HTTP Version Not Supported',
  };
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
    const [, line = ''] = await client.until(/^HTTP\/1\.1 (.*)\r\n/);
    assert.equal(line, `${status} ${phrases[status]}`, name);
    assert.equal(await client.end(), 'end', name);
    assert.doesNotMatch(client.received, /reached/, name);
  }
  assert.deepEqual(
    upstream.heads.filter((head) => head.includes('smuggled')),
    [],
  );
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

test('slow heads are timed out and idle connections closed', async (t) => {
  await using upstream = await rawServer((socket) => socket.write(ok('a')));
  await using strict = await proxyTo(upstream, { headTimeoutMs: 40 });
  const slow = await strict.open();
  slow.send('GET / HTTP/1.1\r\nHo');
  await slow.until(/^HTTP\/1\.1 408 /);
  // It has all the time that it needs to ask.
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  await using proxy = await proxyTo(upstream, { keepAliveMs: 40 });
  const idle = await proxy.open();
  idle.send(get());
  await idle.until(/a$/);
  while (idle.ending === undefined) {
    t.mock.timers.tick(41);
    await turn();
  }
  assert.equal(idle.ending, 'end');
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
