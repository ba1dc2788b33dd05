import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, StatusError } from './client.ts';
import { discoverResources } from './discovery.ts';
import { answerJson, scriptedServer } from './scripted-server.ts';

/** A cluster that answers each path with this text, and the others with an empty list. */
async function answering(texts: Record<string, string>) {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(
    await scriptedServer(({ url = '' }, response) => {
      const text = texts[url.replace(/\?.*/, '')];
      if (text === undefined) answerJson(response, 200, { kind: 'APIResourceList', resources: [] });
      else response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
    }),
  );
  const cluster = parts.use(await connect({ config: server.config }));
  const running = parts.move();
  return { cluster, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const notAsAsked = (error: unknown) =>
  error instanceof StatusError && /^\S.* answered something that/.test(error.message);

test('what is no answer of an API server is told as such', async () => {
  for (const text of [
    '<html>log in please</html>',
    'null',
    '[]',
    '{"resources":[{}]}',
    '{"resources":{}}',
    '{"items":1}',
  ]) {
    const paths = ['/api', '/apis', '/apis/example.com/v1', '/apis/example.com/v1/widgets', '/api/v1/configmaps'];
    await using run = await answering(Object.fromEntries(paths.map((path) => [path, text])));
    const { cluster } = run;
    await assert.rejects(cluster.resource('v1', 'ConfigMap').list().toArray(), notAsAsked);
    if (text === '{"items":1}') continue;
    await assert.rejects(cluster.resource('example.com/v1', 'Widget').get('a'), notAsAsked);
    if (!text.startsWith('{')) await assert.rejects(discoverResources(cluster.client), notAsAsked);
  }
});

test('lists that are null are empty ones', async () => {
  const items = '{"metadata":{"name":"example.com"},"versions":[{"version":"v1","resources":null}]},{"versions":null}';
  for (const texts of [
    { '/apis/example.com/v1': '{"kind":"APIResourceList","resources":null}', '/apis': '{"groups":null}' },
    {
      '/api': '{"kind":"APIGroupDiscoveryList","items":null}',
      '/apis': `{"kind":"APIGroupDiscoveryList","items":[${items}]}`,
    },
  ]) {
    await using run = await answering(texts);
    assert.deepEqual(await discoverResources(run.cluster.client), { resources: [], failed: [] });
    await assert.rejects(run.cluster.resource('example.com/v1', 'Widget').get('a'), { code: 404, reason: 'NotFound' });
  }
});

test('an extension server that answers nonsense is told, and the others are known', async () => {
  const versions = '"versions":[{"groupVersion":"example.com/v1beta1"},{"groupVersion":"example.com/v1"}]';
  const preferred = '"preferredVersion":{"groupVersion":"example.com/v1"}';
  const widgets = (kind: string) =>
    `{"resources":[{"name":"widgets","kind":"${kind}","namespaced":true,"verbs":["get"]},{"name":"widgets/status","kind":"${kind}"}]}`;
  await using run = await answering({
    '/api/v1': '{"resources":[{}]}',
    '/apis': `{"groups":[{${versions},${preferred}},{"versions":[{"groupVersion":"broken/v1"}]}]}`,
    '/apis/example.com/v1': widgets('Widget'),
    '/apis/example.com/v1beta1': widgets('OldWidget'),
    '/apis/broken/v1': 'sorry',
  });
  const { resources, failed } = await discoverResources(run.cluster.client);
  assert.deepEqual(failed, ['v1', 'broken/v1']);
  const widget = { kind: 'Widget', plural: 'widgets', namespaced: true, verbs: ['get'] };
  assert.deepEqual(resources, [{ apiVersion: 'example.com/v1', group: 'example.com', ...widget }]);
});
