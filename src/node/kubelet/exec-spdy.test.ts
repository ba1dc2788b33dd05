import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import { spdyUpgradeHeaders } from '../../net/spdy/handshake.ts';
import type { ExecStreams } from './exec-session.ts';
import { openSpdyExec } from './exec-spdy.ts';

const success = { kind: 'Status', status: 'Success' };

async function open(t: TestContext, streams: ExecStreams, signal = new AbortController().signal) {
  const [near, far] = duplexPair();
  const upgrade = { method: 'POST', headers: spdyUpgradeHeaders(['v4.channel.k8s.io']), socket: far };
  const session = openSpdyExec(upgrade, streams, signal);
  for (let head = ''; !head.endsWith('\r\n\r\n'); ) {
    const byte = near.read(1) as Buffer | null;
    if (byte === null) await once(near, 'readable');
    else head += byte.toString();
  }
  const client = new SpdyConnection(near, { role: 'client' });
  t.after(() => client.destroy());
  const stream = (type: string) => client.openStream(new Map([['streamtype', type]]));
  return { session, client, stream };
}

test('the session begins with the last of the streams that were asked for, in any order', async (t) => {
  const { session, client, stream } = await open(t, { input: true, output: true, error: false, terminal: false });
  const [stdin, stdout, errors] = [stream('stdin'), stream('stdout'), stream('error')];
  await assert.rejects(text(stream('stderr')), /reset/, 'not asked for');
  await assert.rejects(text(stream('stdout')), /reset/, 'there already');
  const begun = await session;
  assert.equal(begun?.stderr, undefined);
  stdin.end('typed');
  assert.equal(begun?.stdin && (await text(begun.stdin)), 'typed');
  begun?.stdout?.write('x'.repeat(500_000));
  const finished = begun?.finish(success);
  const read = Promise.all([text(stdout), text(errors)]);
  assert.deepEqual(await read, ['x'.repeat(500_000), JSON.stringify(success)]);
  await client.ping();
  assert.equal(client.open, true, 'the client is the one that goes');
  client.end();
  await finished;
});

test('a client that goes before it has opened its streams, and a node that stops meanwhile', async (t) => {
  const first = await open(t, { input: false, output: true, error: true, terminal: false });
  first.stream('error');
  first.client.destroy();
  assert.equal(await first.session, undefined);
  const stop = new AbortController();
  const second = await open(t, { input: false, output: true, error: true, terminal: false }, stop.signal);
  stop.abort();
  assert.equal(await second.session, undefined);
});

test('what is cut off says so where clients look for the outcome', async (t) => {
  const { session, stream } = await open(t, { input: false, output: true, error: false, terminal: false });
  const [errors, stdout] = [stream('error'), stream('stdout')];
  const begun = await session;
  begun?.stdout?.write('half');
  const cut = assert.rejects(text(stdout), /cut off/);
  let told = '';
  errors.on('data', (chunk) => {
    told += chunk;
  });
  await begun?.cutOff('the node is stopping');
  await cut;
  const { status, message } = JSON.parse(told) as { status: string; message: string };
  assert.deepEqual([status, message], ['Failure', 'the stream was cut off: the node is stopping']);
  assert.equal(begun?.gone.aborted, true);
});
