import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { openForward } from './forward.ts';

/** A pod's connection that has said all, and then fails under what is still sent to it. */
function failsAfterItsEnd(): Duplex {
  const stream = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      stream.push('the answer');
      stream.push(null);
      stream.once('end', () => done(new Error('the pod reads no more')));
    },
  });
  return stream;
}

test('a connection whose pod fails as the answer ends is closed, and the forward can end', {
  timeout: 10_000,
}, async () => {
  const failures: string[] = [];
  const forward = await openForward({
    pool: { connect: async () => failsAfterItsEnd() },
    addresses: ['127.0.0.1'],
    local: 0,
    portOf: () => 80,
    signal: new AbortController().signal,
    onConnection: () => {},
    onFailure: (_port, why) => failures.push(why),
  });
  const client = connect(forward.port, '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  const closed = once(client, 'close');
  client.write('a question');
  await closed;
  await forward[Symbol.asyncDispose]();
  assert.deepEqual(failures, ['the pod reads no more']);
});
