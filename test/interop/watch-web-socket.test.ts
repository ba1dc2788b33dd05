/** A watch over a WebSocket, of the real kube-apiserver and of the embedded cluster: the same messages, the same end. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openWatchSocket } from '../../src/apiserver/testing-watch-socket.ts';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';
import { Server } from './differential/request.ts';

const built = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = built || process.env.CI === 'true' ? false : 'kube-apiserver is not built: run npm run test:interop';

const maps = '/api/v1/namespaces/default/configmaps';
// golang.org/x/net/websocket, which kube-apiserver uses, opens nothing without an origin
const headers = { Origin: 'http://localhost' };
const table = { ...headers, Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

/** All that a client sees, in order, without what differs from one server to the other. */
async function seen(apiUrl: string, token: string): Promise<unknown[]> {
  using server = new Server(apiUrl, token);
  for (const name of ['one', 'two']) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { of: 'test' } } };
    await server.ask({ name, method: 'POST', path: maps, body });
  }
  const answers: unknown[] = [];
  for (const [query, sent] of [
    ['labelSelector=of=test&timeoutSeconds=1', headers],
    ['labelSelector=of=test&timeoutSeconds=1', table],
    ['resourceVersion=1&fieldSelector=bad!&timeoutSeconds=1', headers],
    ['labelSelector=of=test&timeoutSeconds=1', { ...headers, 'Sec-WebSocket-Protocol': 'one' }],
  ] as const) {
    const watch = await openWatchSocket(`${apiUrl}${maps}?watch=true&${query}`, token, { headers: sent });
    const messages: unknown[] = [];
    for (;;) {
      const message = await watch.next().catch(() => undefined);
      if (message === undefined) break;
      const { type, object } = JSON.parse(message.text);
      const { kind, metadata = {}, reason, code } = object;
      messages.push([message.isText, message.text.endsWith('\n'), type, kind, metadata.name, reason, code]);
    }
    const end = watch.status === 101 ? (await watch.closed).code : JSON.parse(watch.refusal).reason;
    answers.push({ query, status: watch.status, subprotocol: watch.subprotocol, messages, end });
  }
  const { status, refusal } = await openWatchSocket(`${apiUrl}${maps}?watch=true`, 'nobody-token', { headers });
  const { reason, message } = JSON.parse(refusal);
  return [...answers, { status, reason, message }];
}

test('watches over WebSocket are those of kube-apiserver', { skip, timeout: 60_000 }, async () => {
  await using home = await Home.make();
  await using real = await startRealCluster();
  const tokens = join(home.directory, 'tokens.csv');
  await writeFile(tokens, `${real.token},admin,admin,"system:masters"\nnobody-token,nobody,nobody\n`, { mode: 0o600 });
  await using cluster = await RunningFairlead.up(home, '--nodes=0', '--data=:memory:', `--token-file=${tokens}`);
  const theirs = await seen(real.apiUrl, real.token);
  assert.deepEqual(await seen(cluster.apiUrl, real.token), theirs);
});
