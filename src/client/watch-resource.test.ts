/** Watches of programs at servers that cut, wait, warn and lie. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { KubeObject } from '../api/object.ts';
import { ConnectionError, connect } from './client.ts';
import { scriptedServer } from './scripted-server.ts';

const apiVersion = 'v1';
const kind = 'ConfigMap';

function map(name: string, resourceVersion: number): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'n', uid: name, resourceVersion: String(resourceVersion) } };
}

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const initialEnd = (resourceVersion: number) =>
  line('BOOKMARK', {
    apiVersion,
    kind,
    metadata: { resourceVersion: String(resourceVersion), annotations: { 'k8s.io/initial-events-end': 'true' } },
  });

test('a watch that was cut before its first event resumes where it began', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200).flushHeaders();
    if (server.requests.length === 1) setImmediate(() => response.destroy());
    else response.write(line('ADDED', map('a', 8)));
  });
  await using cluster = await connect({ config: server.config });
  const errors: unknown[] = [];
  const watch = cluster
    .resource(apiVersion, kind)
    .watch({ resourceVersion: '7', onError: (error) => errors.push(error) });
  for await (const { object } of watch) {
    assert.equal(object.metadata.name, 'a');
    break;
  }
  assert.equal(errors.length, 1);
  assert.deepEqual(
    server.requests.map((request) => new URL(request.slice(4), 'http://x').searchParams.get('resourceVersion')),
    ['7', '7'],
  );
});

test('a watch that was cut within its first state begins anew, and tells each object once', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200).write(line('ADDED', map('a', 1)));
    if (server.requests.length === 1) setImmediate(() => response.destroy());
    else response.write(line('ADDED', map('b', 2)) + initialEnd(2));
  });
  await using cluster = await connect({ config: server.config });
  const names: string[] = [];
  for await (const { object } of cluster.resource(apiVersion, kind).watch()) {
    names.push(object.metadata.name ?? '');
    if (names.length === 2) break;
  }
  assert.deepEqual(names, ['a', 'b']);
});

test('a watch ends at return, also while its next event is waited for', async () => {
  await using server = await scriptedServer((_request, response) =>
    response.writeHead(200).write(line('ADDED', map('a', 1)) + initialEnd(1)),
  );
  await using cluster = await connect({ config: server.config });
  const watch = cluster.resource(apiVersion, kind).watch();
  const events = watch[Symbol.asyncIterator]();
  assert.equal((await events.next()).value.object.metadata.name, 'a');
  const next = events.next();
  await events.return?.();
  assert.equal((await next).done, true);

  const stream = Readable.from(watch);
  await new Promise((resolve) => stream.once('data', resolve));
  await new Promise((resolve) => stream.once('close', resolve).destroy());
});

test('warnings of watches and informers are told, to their own handler or the one of connect', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.setHeader('Warning', '299 - "v1 ConfigMap is old"');
    response.writeHead(200).write(line('ADDED', map('a', 1)) + initialEnd(1));
  });
  const warnings: string[] = [];
  await using cluster = await connect({ config: server.config, onWarning: (text) => warnings.push(`all: ${text}`) });
  const maps = cluster.resource(apiVersion, kind);
  const onWarning = (text: string) => warnings.push(`own: ${text}`);
  for (const options of [{}, { onWarning }]) {
    for await (const _ of maps.watch(options)) break;
    await maps.informer(options).synced;
  }
  const [all, own] = ['all: v1 ConfigMap is old', 'own: v1 ConfigMap is old'];
  assert.deepEqual(warnings, [all, all, own, own]);
});

test('what is no event is told in a sentence: it ends a watch that has told nothing, and others begin anew', async () => {
  for (const object of [{}, { metadata: null }, { metadata: [] }]) {
    await using server = await scriptedServer((_request, response) =>
      response.writeHead(200).write(line('ADDED', object)),
    );
    await using cluster = await connect({ config: server.config });
    await assert.rejects(
      async () => {
        for await (const _ of cluster.resource(apiVersion, kind).watch()) break;
      },
      (error) => error instanceof ConnectionError && /sent ADDED of an object without metadata/.test(error.message),
    );
  }
  await using server = await scriptedServer((request, response) => {
    if (!request.url?.includes('resourceVersion=1&')) {
      response.writeHead(200).write(line('ADDED', map('a', 1)) + initialEnd(1) + line('MODIFIED', {}));
    } else response.writeHead(200).write(line('MODIFIED', map('a', 2)));
  });
  await using cluster = await connect({ config: server.config });
  const errors: string[] = [];
  const types: string[] = [];
  const onError = (error: unknown) => errors.push(String(error));
  for await (const { type } of cluster.resource(apiVersion, kind).watch({ onError })) {
    types.push(type);
    if (types.length === 2) break;
  }
  assert.deepEqual(types, ['ADDED', 'MODIFIED']);
  assert.match(errors.join('\n'), /sent MODIFIED of an object without metadata/);
});

test('the iterator of a watch goes on in a loop after events were taken from it by hand', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200).write(line('ADDED', map('a', 1)) + line('ADDED', map('b', 2)) + initialEnd(2));
  });
  await using cluster = await connect({ config: server.config });
  const events = cluster.resource(apiVersion, kind).watch()[Symbol.asyncIterator]();
  assert.equal((await events.next()).value?.object.metadata.name, 'a');
  for await (const { object } of events) {
    assert.equal(object.metadata.name, 'b');
    break;
  }
  assert.equal((await events.next()).done, true, 'the loop has ended it');
  assert.equal(server.requests.length, 1);
});
