/** What a node does for its cluster goes on when an API server takes a request and never answers it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Pod } from '../api/types/core-v1.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { openEventRecorder } from '../client/record-events.ts';
import { openImageTable } from './images/image-table.ts';
import { openAddressPool } from './network/address-pool.ts';
import { type NodeFacts, nodeLabels, nodeResources } from './node-object.ts';
import { openClusterObjects } from './pods/cluster-objects.ts';
import { PodWorker } from './pods/pod-worker.ts';
import { StatusWriter } from './pods/status-writer.ts';
import { keepAlive, registerNode } from './registration.ts';
import { openProcessRuntime } from './runtime/process.ts';

const facts: NodeFacts = {
  name: 'n',
  address: '127.0.0.1',
  podCIDR: '127.1.2.0/24',
  kubeletPort: 1,
  runtimeVersion: 'process://1',
  images: [],
  dataDir: '/',
};
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', uid: 'u', labels: nodeLabels('n') },
  spec: { podCIDR: facts.podCIDR },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};

/** Never answers the first request of this method, or only begins to, and every other one with the Node. */
async function hangingServer(method: string, { begins = false } = {}) {
  const asked: IncomingMessage[] = [];
  const hung = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.method === method) {
      asked.push(request);
      if (asked.length === 1) {
        if (begins) response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
        return hung.resolve();
      }
      if (request.url === asked[0]?.url) again.resolve();
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(node));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const client = openClusterClient({ server: `http://127.0.0.1:${port}`, namespace: 'default' });
  return {
    client,
    hung: hung.promise,
    again: again.promise,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The patience of `AbortSignal.timeout` runs out when asked to. */
function mockTimeouts(t: TestContext): () => void {
  const pending: AbortController[] = [];
  t.mock.method(AbortSignal, 'timeout', () => {
    const controller = new AbortController();
    pending.push(controller);
    return controller.signal;
  });
  return () => {
    for (const controller of pending.splice(0)) controller.abort(new DOMException('took too long', 'TimeoutError'));
  };
}

test('the Lease is renewed', async (t) => {
  const runOut = mockTimeouts(t);
  await using server = await hangingServer('PATCH');
  const stop = new AbortController();
  const heart = keepAlive(server.client, facts, 'u', stop.signal);
  await server.hung;
  runOut();
  await server.again;
  stop.abort();
  await heart;
});

test('the Node is registered', async (t) => {
  const runOut = mockTimeouts(t);
  await using server = await hangingServer('GET');
  const registered = registerNode(server.client, facts, new AbortController().signal);
  await server.hung;
  runOut();
  assert.equal(await registered, 'u');
});

test('the status of a pod is written', async (t) => {
  const runOut = mockTimeouts(t);
  await using server = await hangingServer('PATCH');
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', uid: 'u' } };
  const { client } = server;
  const { signal } = new AbortController();
  const writer = new StatusWriter({ client, pod: () => pod, status: () => ({ phase: 'Running' }), signal });
  writer.touch();
  await server.hung;
  runOut();
  await server.again;
  await writer.settle();
});

test('a ConfigMap is read, and a token asked for, anew', async (t) => {
  const runOut = mockTimeouts(t);
  const query = { namespace: 'ns', serviceAccount: 'a', expirationSeconds: 3600, pod: { name: 'p', uid: 'u' } };
  const late = { message: 'the API server has not answered within 10 s' };
  for (const begins of [false, true]) {
    await using reading = await hangingServer('GET', { begins });
    const objects = openClusterObjects(reading.client, new AbortController().signal);
    const read = objects.configMap('ns', 'settings');
    await reading.hung;
    runOut();
    await assert.rejects(read, late);
    assert.equal((await objects.configMap('ns', 'settings'))?.metadata.name, 'n');
    await using asking = await hangingServer('POST', { begins });
    const asked = openClusterObjects(asking.client, new AbortController().signal).token(query);
    await asking.hung;
    runOut();
    await assert.rejects(asked, late);
  }
});

test('a pod ends that waits for what it is made of', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-hung-'));
  t.after(() => rm(directory, { recursive: true }));
  await using server = await hangingServer('GET');
  const { client } = server;
  const stop = new AbortController();
  const { signal } = stop;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: {
      enableServiceLinks: false,
      containers: [{ name: 'c', image: 'sh', envFrom: [{ configMapRef: { name: 'settings' } }] }],
    },
  };
  const around = {
    client,
    runtime: openProcessRuntime(),
    images: openImageTable(new Map([['sh', 'sh']]), directory),
    addresses: openAddressPool(facts.podCIDR),
    events: openEventRecorder({ client, component: 'kubelet', host: 'n', signal }),
    hostIP: '127.0.0.1',
    apiServerUrl: 'http://127.0.0.1',
    nodeResources: nodeResources(directory),
    firstOrdinaryPort: 1024,
    podsDirectory: directory,
  };
  const worker = new PodWorker(pod, around, signal);
  const run = worker.run();
  await server.hung;
  worker.update({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  await run;
  stop.abort();
});
