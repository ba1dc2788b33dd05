import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';
import { Password } from './access/password.ts';

/** Until the gateway ends the connection: the client could send more. */
async function speak(gateway: GatewayFixture, bytes: string): Promise<string> {
  using client = await RawClient.open(gateway.port);
  client.send(bytes);
  await client.end();
  return client.received;
}

/** Statuses of the answers, in order. */
function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
}

const hidden = 'GET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const last = 'GET /api/last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

test('no second request hides in or behind a first one, in whatever form that comes', async () => {
  await using gateway = await openGatewayFixture();
  const cases: [name: string, bytes: string, answers: string[]][] = [
    [
      'length and chunked',
      `POST http://localhost/api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      ['400'],
    ],
    [
      'two lengths',
      `POST http://localhost/api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n${hidden}`,
      ['400'],
    ],
    ['bare line feeds', `GET http://localhost/api HTTP/1.1\nHost: localhost\n\n${hidden}`, ['400']],
    ['a folded line', `GET /api HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n${hidden}`, ['400']],
    [
      'two hosts',
      `GET http://localhost/api HTTP/1.1\r\nHost: localhost\r\nHost: web.shop.svc\r\n\r\n${hidden}`,
      ['400'],
    ],
    ['a refused CONNECT', `CONNECT www.example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`, ['403']],
    ['a malformed CONNECT', `CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`, ['400']],
    [
      'a CONNECT with a body',
      `CONNECT web.shop.svc:80 HTTP/1.1\r\nHost: x\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      ['400'],
    ],
    ['HTTP behind refused SOCKS', `\x05\x01\x01${hidden}`, []],
    ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`, []],
  ];
  for (const [name, bytes, answers] of cases) assert.deepEqual(statuses(await speak(gateway, bytes)), answers, name);
  assert.deepEqual(
    gateway.cluster.requests.filter(({ line }) => line.includes('hidden')),
    [],
  );
  // Two plain requests in a row are two.
  assert.deepEqual(statuses(await speak(gateway, `${hidden}${last}`)), ['200', '200']);
});

test('behind a gate that is shut nothing that follows comes in either', async () => {
  const access = { password: new Password('correct horse'), link: undefined };
  await using gateway = await openGatewayFixture({ access });
  const connect = `CONNECT web.shop.svc:80 HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`;
  assert.deepEqual(statuses(await speak(gateway, connect)), ['407']);
  assert.deepEqual(statuses(await speak(gateway, `${hidden}${last}`)), ['401', '401']);
  assert.deepEqual(gateway.cluster.requests, []);
});

test('whatever bytes come, the gateway goes on', async () => {
  await using gateway = await openGatewayFixture();
  const beginnings = [
    '',
    '\x05',
    '\x05\x01\0',
    '\x05\x01\0\x05\x01\0\x03',
    '\x04',
    '\x16\x03\x01',
    'GET ',
    'CONNECT ',
    'GET http://',
    'PRI * HTTP/2.0\r\n',
  ];
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      beginnings.map(async (beginning) => {
        using client = await RawClient.open(gateway.port);
        client.send(`${beginning}${randomBytes(round * 7).toString('latin1')}\r\n\r\n`);
        client.socket.end();
        await client.end();
      }),
    );
  }
  assert.equal((await gateway.ask('/api')).status, 200);
  assert.deepEqual(gateway.log, []);
});

test('clients that say nothing, or little by little, are in nobody`s way', async () => {
  await using gateway = await openGatewayFixture();
  const silent = await Promise.all(Array.from({ length: 300 }, () => RawClient.open(gateway.port)));
  for (const [i, client] of silent.entries())
    client.send(['', '\x05', 'G', 'GET /api HTTP/1.1\r\nHost: '][i % 4] ?? '');
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.ask('/api')));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const [slow] = silent.filter((_, i) => i % 4 === 3);
  for (const byte of 'localhost\r\nConnection: close\r\n\r\n') slow?.send(byte);
  assert.match((await slow?.until(/\}\}\r\n0\r\n\r\n$/))?.input ?? '', /^HTTP\/1\.1 200 /);
  for (const client of silent) client[Symbol.dispose]();
});
