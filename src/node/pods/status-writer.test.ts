import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodStatus } from '../../api/types/core-v1.ts';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import { answerJson, scriptedServer } from '../../client/scripted-server.ts';
import { StatusWriter } from './status-writer.ts';

test('a status that the server does not let the node restore is tried once for each change', async () => {
  let pod: Pod = podOf('1', {});
  let status: PodStatus = { phase: 'Running' };
  let asked = 0;
  await using server = await scriptedServer((_, response) => {
    asked += 1;
    if (asked === 1) answerJson(response, 200, podOf('2', status));
    else answerJson(response, 422, { kind: 'Status', status: 'Failure', reason: 'Invalid', message: 'no', code: 422 });
  });
  await using client = openClusterClient(server.config);
  const { signal } = new AbortController();
  const writer = new StatusWriter({ client, pod: () => pod, status: () => status, signal });
  const see = async (newer: Pod) => {
    pod = newer;
    writer.seen(newer);
    await writer.settle();
  };
  writer.touch();
  await writer.settle();
  const asks = [asked];
  for (const version of ['3', '3', '4']) {
    await see(podOf(version, { phase: 'Pending' }));
    asks.push(asked);
  }
  status = { phase: 'Running', reason: 'changed' };
  writer.touch();
  await writer.settle();
  assert.deepEqual([...asks, asked], [1, 2, 2, 3, 4]);
});

function podOf(resourceVersion: string, status: PodStatus): Pod {
  const metadata = { name: 'p', namespace: 'default', uid: 'u', resourceVersion };
  return { apiVersion: 'v1', kind: 'Pod', metadata, status };
}
