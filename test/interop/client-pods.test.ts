/** `fairlead/client` into pods, through a real kube-apiserver to our node. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ClusterClient } from 'fairlead/client';
import { connect, isReason } from 'fairlead/client';
import type { StreamOffer } from '../../src/client/cluster-client.ts';
import { openPod } from '../../src/client/pod.ts';
import { PortForwards } from '../../src/client/port-forward/port-forwards.ts';
import { v4Channels } from '../../src/net/websocket/channels.ts';
import { peerPath } from '../peers/build.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = isBuilt ? false : 'kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';
const big = randomBytes(8 * 1024 * 1024);

/** Each way alone: what it leaves of an offer. */
const ways: Readonly<Record<string, (offer: StreamOffer) => StreamOffer | undefined>> = {
  // Exec in version 5; port-forward in a tunnel.
  'the newest protocols in WebSockets': (offer) =>
    offer.upgrade === 'websocket' && offer.protocols[0] !== v4Channels && offer.protocols.length === 1
      ? offer
      : undefined,
  'SPDY by POST': (offer) => (offer.upgrade === 'spdy' ? offer : undefined),
  // As servers before 1.30 speak: the API server passes it on to the node as it is.
  'channels of version 4': (offer) =>
    offer.protocols.includes(v4Channels) && offer.upgrade === 'websocket'
      ? { ...offer, protocols: [v4Channels] }
      : undefined,
};

test('logs, commands and ports of a pod', { skip }, async () => {
  await using real = await startRealClusterWithNode({ images: { sh: '/bin/sh' } });
  await using cluster = await connect({ path: real.kubeconfig });
  const pods = cluster.resource('v1', 'Pod');
  const node = JSON.stringify(process.execPath);
  const program = `const { createServer } = require('net'); createServer({ allowHalfOpen: true }, (s) => s.pipe(s)).listen(8081, process.env.POD_IP, () => createServer((s) => s.end('from the pod')).listen(8080, process.env.POD_IP, () => console.log('one\\ntwo')))`;
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
  for (const [way, isWanted] of Object.entries(ways)) {
    const openStream: ClusterClient['openStream'] = (request) =>
      cluster.client.openStream({
        ...request,
        offers: request.offers.map(isWanted).filter((offer) => offer !== undefined),
      });
    const forwards = new PortForwards({ openStream });
    const forward = (port: number) =>
      forwards.connect({ namespace, pod: 'p', port, signal: AbortSignal.timeout(60_000) });
    const answers = Array.from({ length: 100 }, async () => text(await forward(8080)));
    assert.deepEqual(new Set(await Promise.all(answers)), new Set(['from the pod']), way);
    const echo = await forward(8081);
    echo.end(big);
    assert.ok((await buffer(echo)).equals(big), way);
    await assert.rejects(text(await forward(9)), { code: 'ECONNREFUSED' }, way);

    const forced = openPod({ ...cluster.client, openStream }, namespace, 'p');
    const session = await forced.exec(['sh', '-c', 'read -r line; echo "$line"; echo problem >&2; exit 7'], {
      stdin: true,
    });
    session.stdin.write('through and through\n');
    const outcome = await Promise.all([text(session.stdout), text(session.stderr), session.exitCode]);
    assert.deepEqual(outcome, ['through and through\n', 'problem\n', 7], way);
    // The size is told once the command may run already.
    const sized = 'until [ "$(stty size)" = "33 91" ]; do sleep 0.05; done; stty size; cat; exit 5';
    const shell = await forced.exec(['sh', '-c', sized], { stdin: true, tty: true });
    shell.resize({ columns: 91, rows: 33 });
    shell.stderr.resume();
    shell.stdin.write('typed\n\x04');
    assert.match(await text(shell.stdout), /^(typed\r\n)?33 91\r\n(typed\r\n)+$/, way);
    assert.equal(await shell.exitCode, 5, way);
    // Version 4 cannot end the command's input.
    if (way === 'channels of version 4') continue;
    const copy = await forced.exec(['cat'], { stdin: true });
    copy.stdin.end(big);
    copy.stderr.resume();
    assert.ok((await buffer(copy.stdout)).equals(big), way);
    assert.equal(await copy.exitCode, 0, way);
  }
  await assert.rejects(pod.exec('true', { container: 'other' }), (error) => isReason(error, 'BadRequest'));

  await pods.delete('p', { gracePeriodSeconds: 0 });
});
