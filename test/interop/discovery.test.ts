/** `--discover-servers` with real kube-apiservers, which name themselves in the cluster, and with some that are not of it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerFacts } from '../../src/client/client.ts';
import { connect } from '../../src/client/client.ts';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';
import { openRoutedRange } from '../real-cluster/routed-range.ts';

const areBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = process.env.CI !== 'true' && !areBuilt && 'kube-apiserver is not built: run npm run test:interop';

test('servers that the cluster names join, but for those of another cluster or with another certificate', {
  skip,
  timeout: 170_000,
}, async (t) => {
  // Endpoints may not be loopback addresses.
  await using range = await openRoutedRange();
  if (range === undefined) {
    t.skip('addresses for API servers besides loopback need root on Linux');
    return;
  }
  await using home = await Home.make();
  const address = (last: number): string => range.first.replace(/\d+$/, String(last));
  await using real = await startRealCluster([], { servers: 3, addresses: [1, 2, 3].map(address) });
  const [first, second, third] = real.servers.map(({ url }) => url);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  // Registers itself with the others, as it has their etcd.
  const misnamed = await real.addServer(address(4), [`--cert-dir=${join(home.directory, 'certificates')}`]);
  // Certificate and tokens are right, what it serves is another cluster.
  const stranger = await real.addServer(address(5), ['--etcd-prefix=/another']);

  const config = { server: first, token: real.token, tls: { ca: real.caPem }, namespace: 'default' };
  await using plain = await connect({ config });
  await plain.resource('discovery.k8s.io/v1', 'EndpointSlice').create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'stray', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: Number(new URL(stranger.url).port) }],
    endpoints: [{ addresses: [address(5)] }],
  });
  // Each server adds itself to the endpoints in its own time.
  const selection = { namespace: 'default', labelSelector: 'kubernetes.io/service-name=kubernetes' };
  const named = new Map<string, readonly string[]>();
  for await (const { object } of plain.resource('discovery.k8s.io/v1', 'EndpointSlice').watch(selection)) {
    named.set(object.metadata.name ?? '', object.endpoints?.flatMap(({ addresses }) => addresses) ?? []);
    if ([...named.values()].flat().length >= 5) break;
  }

  await using cluster = await connect({ config: { ...config, discoverServers: true } });
  const { servers } = cluster.client;
  const reached = async (isReached: (facts: readonly ServerFacts[]) => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isReached(servers.list())) resolve();
    };
    const end = servers.subscribe(look);
    look();
    await promise;
    end();
  };
  await cluster.resource('v1', 'Namespace').get('default');
  await reached((facts) => facts.length === 3 && facts.every(({ state }) => state === 'ready'));
  assert.deepEqual(
    servers
      .list()
      .map(({ url, discovered }) => [url, discovered])
      .sort(),
    [
      [first, false],
      [second, true],
      [third, true],
    ],
  );
  // Refusals come in the same look as the joining, each in its time; who was too slow for one is looked at again.
  const isRefused = (url: string): boolean => !/^no answer/.test(servers.passedOver.get(url) ?? 'no answer yet');
  while (!isRefused(stranger.url) || !isRefused(misnamed.url)) await sleep(50);
  assert.match(servers.passedOver.get(stranger.url) ?? '', /another cluster/);
  assert.match(servers.passedOver.get(misnamed.url) ?? '', /certificate/i);

  // The one that was named goes: those that were found carry on.
  await real.servers[0]?.kill();
  for (let i = 0; i < 20; i++) await cluster.resource('v1', 'Namespace').get('default');
  await reached((facts) => facts.some(({ url, state }) => url === first && state === 'down'));
});
