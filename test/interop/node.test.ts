/** The node agent under a real kube-apiserver: it knows a cluster by the Kubernetes API alone, so any one will do. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { KubeObject } from '../../src/api/object.ts';
import type { Node, Pod } from '../../src/api/types/core-v1.ts';
import { ensureCertificates } from '../../src/apiserver/pki/ensure-certificates.ts';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { openInformer } from '../../src/client/informer.ts';
import { startNode } from '../../src/node/start.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = isBuilt ? false : 'kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';

test('a pod runs, is Ready, shows its log and goes', { skip }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-node-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = (name: string) => join(directory, name);
  const pki = await ensureCertificates(undefined);
  await writeFile(file('ca.crt'), pki.ca);
  await writeFile(file('client.crt'), pki.kubeletClient.cert);
  await writeFile(file('client.key'), pki.kubeletClient.key, { mode: 0o600 });
  await using cluster = await startRealCluster([
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    `--kubelet-client-certificate=${file('client.crt')}`,
    `--kubelet-client-key=${file('client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
  ]);
  const { apiUrl, caPem, token } = cluster;
  await using client = openClusterClient({ server: apiUrl, token, tls: { ca: caPem }, namespace });
  const stopped = new AbortController();
  const { serving } = await pki.node('real', ['127.0.0.1']);
  await using _node = await startNode({
    client,
    name: 'real',
    dataDir: directory,
    pki: { ca: pki.ca, ...serving },
    images: new Map([['sh', 'sh']]),
    apiServerUrl: apiUrl,
    podCIDR: '127.99.0.0/24',
    signal: stopped.signal,
  });
  const node = await client.resource<Node>('v1', 'nodes').get('real');
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');

  // What controllers would make, of which none run here.
  const make = (kind: string, plural: string, name: string, more: object) =>
    client
      .resource<KubeObject>('v1', plural)
      .create({ apiVersion: 'v1', kind, metadata: { name, namespace }, ...more } as KubeObject);
  await make('ServiceAccount', 'serviceaccounts', 'default', {});
  await make('ConfigMap', 'configmaps', 'kube-root-ca.crt', { data: { 'ca.crt': caPem } });
  const pods = client.resource<Pod>('v1', 'pods');
  const account = '$FAIRLEAD_ROOT/var/run/secrets/kubernetes.io/serviceaccount';
  const script = `cut -c1-10 ${account}/token; exec sleep 60`;
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace },
    spec: {
      nodeName: 'real',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'sh', args: ['-c', script] }],
    },
  });
  const informer = openInformer<Pod>({ resource: pods, query: { namespace }, signal: stopped.signal });
  await informer.synced;
  const until = (isWanted: (pod: Pod | undefined) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => isWanted(informer.get(`${namespace}/p`)) && resolve();
      informer.onChange(look);
      look();
    });
  await until((pod) => pod?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True');
  const path = `/api/v1/namespaces/${namespace}/pods/p/log?follow=true&limitBytes=11`;
  const { body } = await client.request({ method: 'GET', path });
  assert.match(await text(body), /^eyJhbGciOi\n$/, 'a token of the real server');
  await pods.delete('p', { namespace });
  await until((pod) => pod === undefined);
  stopped.abort();
});
