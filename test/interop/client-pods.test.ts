/** `fairlead/client` into pods, through a real kube-apiserver to our node. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ClusterClient } from 'fairlead/client';
import { connect, isReason } from 'fairlead/client';
import { openPod } from '../../src/client/pod.ts';
import { v4Channels } from '../../src/net/websocket/channels.ts';
import { peerPath } from '../peers/build.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = isBuilt ? false : 'kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';

test('logs, commands and ports of a pod', { skip }, async () => {
  await using real = await startRealClusterWithNode({ images: { sh: '/bin/sh' } });
  await using cluster = await connect({ path: real.kubeconfig });
  const pods = cluster.resource('v1', 'Pod');
  const node = JSON.stringify(process.execPath);
  const program = `require('net').createServer((s) => s.end('from the pod')).listen(8080, process.env.POD_IP, () => console.log('one\\ntwo'))`;
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
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

  // Version 5: a server of 1.36 passes it on to a node that says it can (ExtendWebSocketsToKubelet).
  const now = await pod.exec(['sh', '-c', 'cat; echo err >&2; exit 3'], { stdin: true });
  now.stdin.end('typed');
  assert.deepEqual(await Promise.all([text(now.stdout), text(now.stderr), now.exitCode]), ['typed', 'err\n', 3]);

  const shell = await pod.exec(['sh', '-c', 'stty size; cat; exit 5'], { stdin: true, tty: true });
  shell.resize({ columns: 91, rows: 33 });
  shell.stderr.resume();
  shell.stdin.write('typed\n\x04');
  assert.match(await text(shell.stdout), /^(typed\r\n)?33 91\r\n(typed\r\n)+$/);
  assert.equal(await shell.exitCode, 5);

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
});
