/** The collector at servers that do not list everything that they say they serve. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import { openEventRecorder } from '../../client/record-events.ts';
import { answerJson, answerStatus, type ScriptedServer, scriptedServer } from '../../client/scripted-server.ts';
import type { ControllerContext } from '../controller.ts';
import { SharedInformers } from '../shared-informers.ts';
import { startControllers } from '../start.ts';
import { garbageCollectorController } from './garbage-collector.ts';
import { ObjectGraph } from './object-graph.ts';

const verbs = ['list', 'watch', 'delete', 'patch'];

function group(name: string, kinds: Readonly<Record<string, string>>, scope = 'Namespaced') {
  const resources = Object.entries(kinds).map(([resource, kind]) => {
    return { resource, responseKind: { kind }, scope, verbs };
  });
  return { metadata: { name }, versions: [{ version: 'v1', resources }] };
}

const sources = [
  group('apiextensions.k8s.io', { customresourcedefinitions: 'CustomResourceDefinition' }, 'Cluster'),
  group('apiregistration.k8s.io', { apiservices: 'APIService' }, 'Cluster'),
];
const brought = group('x.org', { owners: 'Owner', parts: 'Part' });

function part(name: string, owner: string) {
  const ownerReferences = [{ apiVersion: 'x.org/v1', kind: 'Owner', name: owner, uid: `uid of ${owner}` }];
  return { metadata: { name, namespace: 'n', uid: name, resourceVersion: '3', ownerReferences } };
}
const parts = [part('lost', 'gone'), part('kept', 'there')];
const oneOwner = { metadata: { name: 'there', namespace: 'n', uid: 'uid of there', resourceVersion: '2' } };

/** Lists no owners, though it has one; `watches` holds the open ones by resource. */
async function serverWithoutLists(
  groups: () => readonly unknown[],
  watches = new Map<string, ServerResponse>(),
): Promise<ScriptedServer> {
  return scriptedServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const last = pathname.slice(pathname.lastIndexOf('/') + 1);
    if (pathname === '/api') answerJson(response, 200, { kind: 'APIGroupDiscoveryList', items: [] });
    else if (pathname === '/apis') answerJson(response, 200, { kind: 'APIGroupDiscoveryList', items: groups() });
    else if (last === 'owners') answerStatus(response, 503, 'ServiceUnavailable');
    else if (last === 'there') answerJson(response, 200, { kind: 'PartialObjectMetadata', ...oneOwner });
    else if (last === 'gone') answerStatus(response, 404, 'NotFound');
    else if (request.method === 'DELETE') answerJson(response, 200, { kind: 'Status', status: 'Success' });
    else if (searchParams.get('watch') === 'true') {
      response.writeHead(200).flushHeaders();
      watches.set(last, response);
    } else {
      const items = last === 'parts' ? parts : [];
      answerJson(response, 200, { kind: 'List', metadata: { resourceVersion: '5' }, items });
    }
  });
}

test('a resource that cannot be listed holds up none of those that are found with it', async () => {
  const watches = new Map<string, ServerResponse>();
  let groups = sources;
  await using server = await serverWithoutLists(() => groups, watches);
  await using client = openClusterClient(server.config);
  const told: string[] = [];
  const { signal } = new AbortController();
  await using _ = await startControllers({
    client,
    caPem: '',
    signal,
    log: (line) => told.push(line),
    controllers: [garbageCollectorController],
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => watches.size === 2);
  groups = [...sources, brought];
  const tell = (resource: string, type: string, object: object) =>
    watches.get(resource)?.write(`${JSON.stringify({ type, object })}\n`);
  const service = { metadata: { name: 'v1.x.org', uid: 's', resourceVersion: '6' } };
  tell('apiservices', 'ADDED', service);
  const asked = (method: string, path: string) =>
    server.requests.filter((request) => request.startsWith(`${method} /apis/x.org/v1/namespaces/n/${path}`)).length;
  await until(() => asked('DELETE', 'parts/lost') > 0 && asked('GET', 'owners/there') > 0);
  assert.equal(asked('DELETE', 'parts/kept'), 0);
  const changed = part('kept', 'gone');
  tell('parts', 'MODIFIED', { metadata: { ...changed.metadata, resourceVersion: '7' } });
  await until(() => asked('DELETE', 'parts/kept') > 0);
  assert.match(told.join('\n'), /^watching owners \(x\.org\/v1\): answered 503$/m);
  const open = watches.get('parts');
  assert.ok(open !== undefined);
  const dropped = once(open, 'close');
  groups = sources;
  tell('apiservices', 'DELETED', service);
  await dropped;
});

test('at the start it waits for those that cannot be listed, but not for ever', async () => {
  await using server = await serverWithoutLists(() => [...sources, brought]);
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const { signal } = stop;
  const ended: (() => Promise<void>)[] = [];
  const context: ControllerContext = {
    client,
    informers: new SharedInformers({ client, signal, onError() {} }),
    caPem: '',
    recorder: (component) => openEventRecorder({ client, component, signal }),
    log: (line) => assert.fail(line),
    watchFailed() {},
    signal,
    onStop: (stopped) => ended.push(stopped),
  };
  const told: string[] = [];
  const graph = new ObjectGraph(context, ({ id }, next) => told.push(`${id} ${next?.metadata.name}`));
  await graph.discover(200);
  while (told.length < 2) await new Promise(setImmediate);
  assert.deepEqual(told, ['parts.x.org lost', 'parts.x.org kept']);
  assert.deepEqual(await graph.lookUp(), []);
  stop.abort();
  await Promise.all(ended.map((end) => end()));
});
