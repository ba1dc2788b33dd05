import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestServer } from '../testing-server.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

test('plain discovery lists groups, versions and resources with their subresources', async () => {
  await using server = await openTestServer();
  const core = JSON.parse((await server.call('/api')).text);
  assert.deepEqual([core.kind, core.versions], ['APIVersions', ['v1']]);
  assert.match(core.serverAddressByClientCIDRs[0].serverAddress, /^127\.0\.0\.1:\d+$/);
  const { groups } = JSON.parse((await server.call('/apis')).text);
  const version = { groupVersion: 'test.example/v1', version: 'v1' };
  assert.deepEqual(groups, [{ name: 'test.example', versions: [version], preferredVersion: version }]);
  assert.equal((await server.call('/apis/test.example')).json.kind, 'APIGroup');
  const { resources } = (await server.call('/apis/test.example/v1')).json;
  const names = resources.map(({ name }) => name);
  assert.deepEqual(names, [
    'boxes',
    'boxes/finalize',
    'boxes/status',
    'runners',
    'widgets',
    'widgets/scale',
    'widgets/status',
  ]);
  assert.deepEqual(resources[4], {
    name: 'widgets',
    singularName: 'widget',
    namespaced: true,
    kind: 'Widget',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['wd'],
    categories: ['all'],
  });
  assert.deepEqual([resources[5]?.group, resources[5]?.kind], ['autoscaling', 'Scale']);
  assert.equal((await server.call('/apis/none')).status, 404);
  assert.equal((await server.call('/apis/test.example/v2')).status, 404);
});

test('aggregated discovery has the same in one document, with the type that clients look for', async () => {
  await using server = await openTestServer();
  const answer = await server.call('/apis', { headers: { accept: `${aggregated},application/json` } });
  assert.equal(answer.headers['content-type'], aggregated);
  const [group] = JSON.parse(answer.text).items;
  assert.equal(group.metadata.name, 'test.example');
  const widget = group.versions[0].resources.find(({ resource }: { resource: string }) => resource === 'widgets');
  assert.deepEqual([widget.scope, widget.responseKind.kind, widget.shortNames], ['Namespaced', 'Widget', ['wd']]);
  assert.equal(widget.subresources.length, 2);
  const core = await server.call('/api', { headers: { accept: aggregated } });
  assert.deepEqual(core.json.items[0]?.metadata.name, undefined);
  const etag = String(answer.headers.etag);
  const same = await server.call('/apis', { headers: { accept: aggregated, 'if-none-match': etag } });
  assert.equal(same.status, 304);
  const old = aggregated.replace('v=v2', 'v=v2beta1');
  assert.equal(
    (await server.call('/apis', { headers: { accept: `${old},application/json` } })).json.kind,
    'APIGroupList',
  );
});

test('the version says which Kubernetes this is', async () => {
  await using server = await openTestServer();
  const json = JSON.parse((await server.call('/version')).text);
  assert.deepEqual([json.major, json.minor, json.gitVersion], ['1', '36', 'v1.36.3+fairlead']);
  assert.equal((await server.call('/version', { method: 'PUT', body: {} })).status, 405);
});
