import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openClusterClient } from './cluster-client-http.ts';
import { openEventRecorder } from './record-events.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '3' } };

test('an event like an earlier one counts that one up, and is written anew when that is gone', async () => {
  const bodies: { type?: string; count: number; involvedObject?: unknown; message?: string }[] = [];
  let gone = false;
  await using server = await scriptedServer((request, response, body) => {
    if (request.method === 'PATCH' && gone) return answerStatus(response, 404, 'NotFound');
    bodies.push(JSON.parse(body));
    answerJson(response, 200, { metadata: { name: 'p.1', namespace: 'n' }, ...JSON.parse(body) });
  });
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const recorder = openEventRecorder({ client, component: 'test', signal: stop.signal });
  const draft = { about: pod, type: 'Warning', reason: 'BackOff', message: 'again' } as const;
  recorder.record(draft);
  recorder.record(draft);
  recorder.record({ ...draft, message: 'other' });
  await recorder.flush();
  assert.deepEqual(
    bodies.map(({ count }) => count),
    [1, 2, 1],
  );
  assert.deepEqual(bodies[0]?.involvedObject, {
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'p',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '3',
  });
  assert.deepEqual(
    server.requests.map((line) => line.split(' ')[0]),
    ['POST', 'PATCH', 'POST'],
  );
  gone = true;
  recorder.record(draft);
  await recorder.flush();
  assert.equal(bodies.at(-1)?.count, 1);
});

test('a flood about one object is cut down, and refusals are swallowed', async () => {
  await using server = await scriptedServer((_request, response) => answerStatus(response, 403, 'Forbidden'));
  await using client = openClusterClient(server.config);
  const stop = new AbortController();
  const recorder = openEventRecorder({ client, component: 'test', signal: stop.signal });
  for (let i = 0; i < 100; i++) recorder.record({ about: pod, type: 'Normal', reason: 'R', message: `${i}` });
  await recorder.flush();
  assert.equal(server.requests.length, 25);
});

test('one that a server never answers keeps no other back', async (t) => {
  const patience = new AbortController();
  t.mock.method(AbortSignal, 'timeout', () => patience.signal, { times: 1 });
  const told: string[] = [];
  await using server = await scriptedServer((_request, response, body) => {
    const { message } = JSON.parse(body);
    told.push(message);
    if (message === 'first') patience.abort();
    else answerJson(response, 201, JSON.parse(body));
  });
  await using client = openClusterClient(server.config);
  const recorder = openEventRecorder({ client, component: 'test', signal: new AbortController().signal });
  for (const message of ['first', 'second']) recorder.record({ about: pod, type: 'Normal', reason: 'Told', message });
  await recorder.flush();
  assert.deepEqual(told, ['first', 'second']);
});

test('what has a name that no Event may have everywhere is told of under a name of its own', async () => {
  const names: string[] = [];
  await using server = await scriptedServer((_request, response, body) => {
    names.push(JSON.parse(body).metadata.name);
    answerJson(response, 200, JSON.parse(body));
  });
  await using client = openClusterClient(server.config);
  const recorder = openEventRecorder({ client, component: 'test', signal: new AbortController().signal });
  for (const name of ['p', 'system:basic-user', 'n'.repeat(250)]) {
    recorder.record({ about: { kind: 'ClusterRole', name }, type: 'Normal', reason: 'R', message: 'told' });
  }
  await recorder.flush();
  assert.match(names[0] ?? '', /^p\.[0-9a-f]+$/);
  for (const name of names.slice(1)) assert.match(name, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(names.length, 3);
});
