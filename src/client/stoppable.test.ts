/** Iterations of programs that are stopped while they wait: the request ends, and nothing waits for its answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Cluster } from './client.ts';
import { connect } from './client.ts';
import { scriptedServer } from './scripted-server.ts';

const list = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMapList',
  metadata: { resourceVersion: '1', continue: 'more' },
  items: [{ metadata: { name: 'a' } }],
});
const added = { type: 'ADDED', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } };

/** What is iterated, and what the server sends of it before it falls silent. */
const iterations: Record<string, [open: (cluster: Cluster) => AsyncIterable<unknown>, sent: string]> = {
  'a log': [(cluster) => cluster.pod('n', 'p').logs({ follow: true }), 'one line\n'],
  'a list': [(cluster) => cluster.resource('v1', 'ConfigMap').list(), list],
  'a watch': [
    (cluster) => cluster.resource('v1', 'ConfigMap').watch({ resourceVersion: '1' }),
    `${JSON.stringify(added)}\n`,
  ],
  'a watch by plural': [(cluster) => cluster.client.resource('v1', 'configmaps').watch(), `${JSON.stringify(added)}\n`],
};

/** A client of a server that answers so, and the answers that it goes on with. */
async function run(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = await scriptedServer((request, response) => {
    answer(request, response);
    if (!response.writableEnded) asked.resolve(response);
  });
  const cluster = await connect({ config: server.config });
  return {
    cluster,
    waits: asked.promise,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

for (const [what, [open, sent]] of Object.entries(iterations)) {
  test(`${what} that is stopped before anything came ends its request`, async () => {
    await using silent = await run(() => {});
    const iterator = open(silent.cluster)[Symbol.asyncIterator]();
    const next = iterator.next();
    const closed = once(await silent.waits, 'close');
    assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
    assert.deepEqual(await next, { done: true, value: undefined });
    await closed;
  });

  test(`${what} that is stopped as a stream while it waits for more ends its request`, async () => {
    await using begun = await run((request, response) => {
      if (request.url?.includes('continue=')) return;
      if (what === 'a list') response.end(sent);
      else response.write(sent);
    });
    const stream = Readable.from(open(begun.cluster));
    const [response] = await Promise.all([begun.waits, once(stream, 'data')]);
    stream.resume();
    const closed = Promise.all([once(response, 'close'), once(stream, 'close')]);
    stream.destroy();
    await closed;
  });
}

test('what ended by itself, or never began, can be stopped too', async () => {
  await using ends = await run((_request, response) => response.end('one\ntwo'));
  const log = ends.cluster.pod('n', 'p').logs();
  const iterator = log[Symbol.asyncIterator]();
  for (const value of ['one', 'two']) assert.deepEqual(await iterator.next(), { done: false, value });
  for (const _ of [1, 2]) assert.equal((await iterator.return?.())?.done, true);
  const unread = ends.cluster.pod('n', 'p').logs()[Symbol.asyncIterator]();
  assert.equal((await unread.return?.())?.done, true);
  assert.equal((await unread.next()).done, true);
});
