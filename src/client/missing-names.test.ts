import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from './client.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { answerJson, scriptedServer } from './scripted-server.ts';

const thing = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } };

test('a name that is missing is refused wherever one object is meant: it never stands for all of them', async () => {
  await using server = await scriptedServer((_request, response) => answerJson(response, 200, thing));
  await using cluster = await connect({ config: server.config });
  const maps = cluster.resource('v1', 'ConfigMap');
  const { name: none }: { name: string } = JSON.parse('{}');
  const status = cluster.resource('v1', 'Pod').subresource(none, 'status');
  for (const call of [
    () => maps.delete(none),
    () => maps.get(none),
    () => maps.patch(none, {}),
    () => status.get(),
    () => status.patch({}),
    async () => cluster.pod('n', none),
    async () => cluster.pod(none, 'a'),
  ]) {
    await assert.rejects(call, TypeError, String(call));
  }
  await using client = openClusterClient(server.config);
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    await assert.rejects(client.resource('v1', 'things').call({ method }), TypeError, method);
  }
  await assert.rejects(client.resource('v1', 'things').call({ method: 'POST', subresource: 'status' }), TypeError);
  assert.deepEqual(server.requests, []);
});
