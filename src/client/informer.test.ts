import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { KubeObject } from '../api/object.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { openInformer } from './informer.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';

function thing(name: string, resourceVersion: number, labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, namespace: 'n', uid: name, resourceVersion: String(resourceVersion), labels },
  };
}

function list(resourceVersion: number, items: KubeObject[], next = '') {
  return {
    apiVersion: 'v1',
    kind: 'ThingList',
    metadata: { resourceVersion: String(resourceVersion), continue: next },
    items,
  };
}

function event(response: ServerResponse, type: string, object: KubeObject): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

/** Changes as text, and a wait for so many of them. */
function recorder() {
  const seen: string[] = [];
  let wake = () => {};
  return {
    seen,
    listener(next: KubeObject | undefined, previous: KubeObject | undefined) {
      const sign = previous === undefined ? '+' : next === undefined ? '-' : '~';
      seen.push(
        `${sign}${(next ?? previous)?.metadata.name}${next === undefined ? '' : `@${next.metadata.resourceVersion}`}`,
      );
      wake();
    },
    async until(count: number) {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

test('lists in pages, follows, resumes where a watch ended, and keeps indexes', async () => {
  const watches: string[] = [];
  await using server = await scriptedServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.searchParams.get('watch') !== 'true') {
      const more = url.searchParams.get('continue') === 'more';
      answerJson(response, 200, more ? list(7, [thing('b', 3)]) : list(7, [thing('a', 2, { app: 'x' })], 'more'));
      return;
    }
    watches.push(url.searchParams.get('resourceVersion') ?? '');
    response.writeHead(200);
    if (watches.length === 1) {
      event(response, 'ADDED', thing('c', 8, { app: 'x' }));
      event(response, 'MODIFIED', thing('a', 9, { app: 'y' }));
      event(response, 'BOOKMARK', thing('', 12));
      response.end();
    } else event(response, 'DELETED', thing('b', 13));
  });
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const changes = recorder();
  const informer = openInformer({
    resource: client.resource('v1', 'things'),
    indexes: { app: ({ metadata }) => Object.values(metadata.labels ?? {}) },
    signal: stop.signal,
  });
  informer.onChange(changes.listener);
  await informer.synced;
  await changes.until(5);
  assert.deepEqual(changes.seen, ['+a@2', '+b@3', '+c@8', '~a@9', '-b']);
  assert.deepEqual(watches, ['7', '12']);
  assert.deepEqual(
    informer.byIndex('app', 'x').map(({ metadata }) => metadata.name),
    ['c'],
  );
  assert.equal(informer.get('n/a')?.metadata.resourceVersion, '9');
  assert.equal(informer.get('n/b'), undefined);
  const late = recorder();
  informer.onChange(late.listener);
  assert.deepEqual(late.seen.sort(), ['+a@9', '+c@8']);
  stop.abort();
  await informer.done;
});

test('after 410 it lists again and tells the differences; a namesake is another object', async () => {
  let lists = 0;
  await using server = await scriptedServer((request, response) => {
    if (!request.url?.includes('watch=true')) {
      const namesake = { ...thing('b', 21), metadata: { ...thing('b', 21).metadata, uid: 'second' } };
      answerJson(
        response,
        200,
        lists++ === 0 ? list(5, [thing('a', 1), thing('b', 2)]) : list(30, [namesake, thing('c', 22)]),
      );
    } else if (lists === 1) answerStatus(response, 410, 'Expired');
    else response.writeHead(200).flushHeaders();
  });
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const changes = recorder();
  const errors: unknown[] = [];
  const informer = openInformer({
    resource: client.resource('v1', 'things'),
    signal: stop.signal,
    onError: (error) => errors.push(error),
  });
  informer.onChange(changes.listener);
  await changes.until(6);
  assert.deepEqual(changes.seen, ['+a@1', '+b@2', '-b', '+b@21', '+c@22', '-a']);
  assert.deepEqual(errors, []);
  stop.abort();
  await informer.done;
});

test('a watch that is cut off is told and resumed, and nothing of the broken event is kept', async () => {
  let watches = 0;
  await using server = await scriptedServer((request, response) => {
    if (!request.url?.includes('watch=true')) return answerJson(response, 200, list(5, []));
    response.writeHead(200);
    if (watches++ === 0) {
      event(response, 'ADDED', thing('a', 6));
      response.end('{"type":"ADDED","object":{"metadata":{"na');
    } else event(response, 'ADDED', thing('b', 7));
  });
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const changes = recorder();
  const errors: string[] = [];
  const informer = openInformer({
    resource: client.resource('v1', 'things'),
    signal: stop.signal,
    onError: (error) => errors.push(String(error)),
  });
  informer.onChange(changes.listener);
  await changes.until(2);
  assert.deepEqual(changes.seen, ['+a@6', '+b@7']);
  assert.match(errors.join(), /cut off within an event/);
  assert.ok(server.requests.at(-1)?.includes('resourceVersion=6'));
  stop.abort();
  await informer.done;
});

test('synced rejects when the signal comes first', async () => {
  await using server = await scriptedServer((_request, response) => answerStatus(response, 403, 'Forbidden'));
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const informer = openInformer({
    resource: client.resource('v1', 'things'),
    signal: stop.signal,
    onError: () => stop.abort(new Error('enough')),
  });
  await assert.rejects(informer.synced, /enough/);
  await informer.done;
});

test('what changes and goes while the first state is told is not kept; what is deleted is transformed too', async () => {
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200);
    event(response, 'ADDED', thing('a', 2, { secret: 'x' }));
    event(response, 'ADDED', thing('b', 3, { secret: 'x' }));
    event(response, 'MODIFIED', thing('b', 7, { secret: 'x' }));
    event(response, 'DELETED', thing('a', 8, { secret: 'x' }));
    const end = thing('', 8);
    end.metadata.annotations = { 'k8s.io/initial-events-end': 'true' };
    event(response, 'BOOKMARK', end);
    event(response, 'DELETED', thing('b', 9, { secret: 'x' }));
  });
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const changes = recorder();
  const labels: unknown[] = [];
  const informer = openInformer({
    resource: client.resource('v1', 'things'),
    initialEvents: true,
    signal: stop.signal,
    transform: ({ metadata: { labels: _, ...metadata }, ...object }) => ({ ...object, metadata }),
  });
  informer.onChange((next, previous) => {
    labels.push(next?.metadata.labels, previous?.metadata.labels);
    changes.listener(next, previous);
  });
  await changes.until(2);
  assert.deepEqual(changes.seen, ['+b@7', '-b']);
  assert.deepEqual(labels, [undefined, undefined, undefined, undefined]);
  stop.abort();
  await informer.done;
});

test('what a listener throws is uncaught and harms nobody else; what an index function throws ends the informer', async () => {
  await using server = await scriptedServer((request, response) => {
    if (!request.url?.includes('watch=true')) answerJson(response, 200, list(5, [thing('a', 1)]));
    else {
      response.writeHead(200);
      event(response, 'ADDED', thing('b', 6));
    }
  });
  const child = `
    import { openClusterClient } from '${new URL('cluster-client-http.ts', import.meta.url)}';
    import { openInformer } from '${new URL('informer.ts', import.meta.url)}';
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    await using client = openClusterClient(${JSON.stringify(server.config)});
    const stop = new AbortController();
    const common = { resource: client.resource('v1', 'things'), signal: stop.signal };
    const informer = openInformer(common);
    await informer.synced;
    informer.onChange(({ metadata }) => { throw new Error(metadata.name); });
    await new Promise((resolve) => informer.onChange(({ metadata }) => metadata.name === 'b' && setImmediate(resolve)));
    console.log(informer.list().length);
    const broken = openInformer({ ...common, indexes: { x: () => { throw new Error('defect'); } } });
    const ends = await Promise.allSettled([broken.done, broken.synced]);
    for (const { reason } of ends) console.log(reason.message, '/', reason.cause?.message);
    stop.abort();
    await informer.done;
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', child]);
  assert.equal(
    stdout,
    ['uncaught a', 'uncaught b', '2', 'defect / undefined', 'the informer ended: defect / defect', ''].join('\n'),
  );
});
