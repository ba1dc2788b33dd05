/** `fairlead/client` into pods, through a real kube-apiserver to our node. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ClusterClient } from 'fairlead/client';
import { connect, isReason } from 'fairlead/client';
import { ensureCertificates } from '../../src/apiserver/pki/ensure-certificates.ts';
import { openPod } from '../../src/client/pod.ts';
import { v4Channels } from '../../src/net/websocket/channels.ts';
import { startNode } from '../../src/node/start.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = isBuilt ? false : 'kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';

test('logs, commands and ports of a pod', { skip }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-client-pods-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = (name: string) => join(directory, name);
  const pki = await ensureCertificates(undefined);
  await writeFile(file('ca.crt'), pki.ca);
  await writeFile(file('client.crt'), pki.kubeletClient.cert);
  await writeFile(file('client.key'), pki.kubeletClient.key, { mode: 0o600 });
  await using real = await startRealCluster([
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    `--kubelet-client-certificate=${file('client.crt')}`,
    `--kubelet-client-key=${file('client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
  ]);
  await using cluster = await connect({ path: real.kubeconfig });
  const stopped = new AbortController();
  const { serving } = await pki.node('real', ['127.0.0.1']);
  await using _node = await startNode({
    client: cluster.client,
    name: 'real',
    dataDir: directory,
    pki: { ca: pki.ca, ...serving },
    images: new Map([['sh', 'sh']]),
    apiServerUrl: real.apiUrl,
    podCIDR: '127.99.1.0/24',
    signal: stopped.signal,
  });
  // What controllers would make, of which none run here.
  const accounts = cluster.resource('v1', 'ServiceAccount');
  await accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  const maps = cluster.resource('v1', 'ConfigMap');
  const data = { 'ca.crt': real.caPem };
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt' }, data });
  const pods = cluster.resource('v1', 'Pod');
  const node = JSON.stringify(process.execPath);
  const program = `require('net').createServer((s) => s.end('from the pod')).listen(8080, process.env.POD_IP, () => console.log('one\\ntwo'))`;
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      nodeName: 'real',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'sh', args: ['-c', `exec ${node} -e "${program}"`] }],
    },
  });
  for await (const { object } of pods.watch({ namespace, fieldSelector: 'metadata.name=p' })) {
    if (object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) break;
  }
  const pod = cluster.pod(namespace, 'p');
  const lines: string[] = [];
  for await (const line of pod.logs({ follow: true })) if (lines.push(line) === 2) break;
  assert.deepEqual(lines, ['one', 'two']);

  assert.equal(await text(await pod.portForward(8080)), 'from the pod');

  // Version 5, which the API server turns into SPDY towards the node.
  const now = await pod.exec(['sh', '-c', 'cat; echo err >&2; exit 3'], { stdin: true });
  now.stdin.end('typed');
  assert.deepEqual(await Promise.all([text(now.stdout), text(now.stderr), now.exitCode]), ['typed', 'err\n', 3]);

  // Version 4, as servers before 1.30 speak: the API server passes it on to the node as it is.
  const { openWebSocket } = cluster.client;
  const old: ClusterClient = {
    ...cluster.client,
    openWebSocket: (request) => openWebSocket({ ...request, subprotocols: [v4Channels] }),
  };
  const session = await openPod(old, namespace, 'p').exec(
    ['sh', '-c', 'read -r line; echo "$line"; echo problem >&2; exit 7'],
    {
      stdin: true,
    },
  );
  session.stdin.write('through and through\n');
  const [out, err] = await Promise.all([text(session.stdout), text(session.stderr)]);
  assert.deepEqual([out, err, await session.exitCode], ['through and through\n', 'problem\n', 7]);
  await assert.rejects(pod.exec('true', { container: 'other' }), (error) => isReason(error, 'BadRequest'));

  await pods.delete('p', { gracePeriodSeconds: 0 });
  stopped.abort();
});
