import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { SocksRequest, SocksServerOptions } from './socks5-server.ts';
import { acceptSocks, SocksRefusal } from './socks5-server.ts';

const never = new AbortController().signal;

interface Spoken {
  request: SocksRequest | undefined;
  refusal: unknown;
  /** What the server wrote, in hexadecimal. */
  answered: string;
  /** What was left for the tunnel. */
  rest: string;
}

/** A client that sends `chunks` and then its end. */
async function speak(chunks: readonly Uint8Array[], options: SocksServerOptions = {}): Promise<Spoken> {
  const [client, server] = duplexPair({ allowHalfOpen: true }) as [Duplex, Duplex];
  const written = buffer(client);
  for (const chunk of chunks) client.write(chunk);
  client.end();
  let request: SocksRequest | undefined;
  let refusal: unknown;
  try {
    request = await acceptSocks(server, options, never);
  } catch (error) {
    refusal = error;
  }
  server.end();
  const rest = request === undefined ? '' : (await buffer(server)).toString('latin1');
  return { request, refusal, answered: (await written).toString('hex'), rest };
}

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const named = (name: string, port = '0050'): Buffer =>
  Buffer.concat([hex('05 01 00 03'), Buffer.from([name.length]), Buffer.from(name, 'latin1'), hex(port)]);

test('names and addresses, and what follows stays in the stream', async () => {
  const cases: [Buffer, SocksRequest][] = [
    [named('web.shop.svc'), { host: 'web.shop.svc', port: 80 }],
    [hex('05 01 00 01 0a000001 1f90'), { host: '10.0.0.1', port: 8080 }],
    [hex('05 01 00 04 fd000000000000000000000000000001 01bb'), { host: 'fd00::1', port: 443 }],
    [named('', '0001'), { host: '', port: 1 }],
    [named('x'.repeat(255), 'ffff'), { host: 'x'.repeat(255), port: 65_535 }],
  ];
  for (const [request, expected] of cases) {
    const all = Buffer.concat([hex('05 01 00'), request, Buffer.from('GET / ')]);
    const bytes = [...all].map((byte) => Buffer.from([byte]));
    for (const chunks of [[all], bytes]) {
      const spoken = await speak(chunks);
      assert.deepEqual(spoken.request, expected);
      assert.equal(spoken.rest, 'GET / ');
      assert.equal(spoken.answered, '0500');
    }
  }
});

test('a password is asked for where one is needed, and nobody passes without', async () => {
  const asked: string[] = [];
  const options = {
    checkPassword: async (username: string, password: string) => {
      asked.push(`${username}:${password}`);
      return password === 'pässword';
    },
  };
  const login = (password: string): Buffer =>
    Buffer.concat([
      hex('01 03'),
      Buffer.from('joe'),
      Buffer.from([Buffer.byteLength(password)]),
      Buffer.from(password),
    ]);
  const right = await speak([hex('05 02 00 02'), login('pässword'), named('a.b')], options);
  assert.deepEqual(right.request, { host: 'a.b', port: 80 });
  assert.equal(right.answered, '05020100');
  const wrong = await speak([hex('05 02 00 02'), login('other'), named('a.b')], options);
  assert.match(String(wrong.refusal), /password is wrong/);
  assert.equal(wrong.answered, '05020101');
  const none = await speak([hex('05 01 00'), named('a.b')], options);
  assert.match(String(none.refusal), /no user name and password/);
  assert.equal(none.answered, '05ff');
  assert.deepEqual(asked, ['joe:pässword', 'joe:other']);
});

test('what is not offered is refused by its code', async () => {
  const cases: [string, Buffer[], string, RegExp][] = [
    ['BIND', [hex('05 01 00'), hex('05 02 00 01 7f000001 0050')], '050005070001000000000000', /not BIND/],
    ['UDP', [hex('05 01 00'), hex('05 03 00 01 00000000 0000')], '050005070001000000000000', /not UDP ASSOCIATE/],
    ['another command', [hex('05 01 00'), hex('05 09 00 01 00000000 0000')], '050005070001000000000000', /command 9/],
    [
      'an unknown address',
      [hex('05 01 00'), hex('05 01 00 02 00000000')],
      '050005080001000000000000',
      /address type 2/,
    ],
    ['GSSAPI only', [hex('05 01 01')], '05ff', /insists on authentication/],
    ['no method', [hex('05 00')], '05ff', /insists on authentication/],
    ['another version', [hex('04 01 00')], '', /does not speak SOCKS 5/],
    ['HTTP after the greeting', [hex('05 01 00'), Buffer.from('GET / HTTP/1.1')], '0500', /breaks off/],
    ['an end in between', [hex('05 01 00 05 01 00 03 09 61')], '0500', /closed the connection/],
    ['nothing', [], '', /closed the connection/],
  ];
  for (const [name, chunks, answered, message] of cases) {
    const spoken = await speak(chunks);
    assert.equal(spoken.answered, answered, name);
    assert.match(String(spoken.refusal), message, name);
  }
});

test('random bytes are refused or understood, never more', async () => {
  for (let i = 0; i < 3000; i++) {
    const bytes = randomBytes(i % 40);
    const chunks = i % 3 === 0 ? [bytes] : [hex('05 01 00'), ...(i % 3 === 1 ? [hex('05 01 00')] : []), bytes];
    const { request, refusal } = await speak(chunks);
    if (request === undefined) {
      assert.ok(refusal instanceof SocksRefusal || /closed the connection/.test(String(refusal)), String(refusal));
    } else assert.ok(request.port >= 0 && request.port <= 65_535 && request.host.length <= 255);
  }
});

test('a silent client is given up by its signal', async () => {
  const [, server] = duplexPair() as [Duplex, Duplex];
  const stop = new AbortController();
  const accepted = acceptSocks(server, {}, stop.signal);
  stop.abort(new Error('too slow'));
  await assert.rejects(accepted, /too slow/);
});
