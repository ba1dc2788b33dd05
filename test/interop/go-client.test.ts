/** The Go client library of Kubernetes on the embedded cluster: what operators do, check by check. See go-client/. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';
import { checksHold } from './checks.ts';

const source = resolve(import.meta.dirname, 'go-client');
const mustRun = process.env.CI === 'true';
const goIsThere = spawnSync('go', ['version']).status === 0;
const withoutGo = 'Go is missing: install Go 1.26 and put go on PATH';
const peersAreThere = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));

/** Builds the program with the developer's own Go caches, so that a second run takes no time. */
function build(home: Home): string {
  assert.ok(goIsThere, withoutGo);
  const program = join(home.directory, 'go-client');
  const { status, stderr } = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return program;
}

test('client-go works on the embedded cluster', {
  skip: !goIsThere && !mustRun && withoutGo,
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--nodes=0', '--data=:memory:');
  await checksHold(t, home, [build(home), '-kubeconfig', home.kubeconfig], { atLeast: 45 });
});

test('the same checks hold on kube-apiserver', {
  skip: !mustRun && !(goIsThere && peersAreThere) && 'kube-apiserver is not built: run npm run test:interop',
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using real = await startRealCluster();
  // Started a moment ago, it may still remember everything.
  const except = 'watch: a forgotten resourceVersion has expired';
  await checksHold(t, home, [build(home), '-kubeconfig', real.kubeconfig], { atLeast: 45, except });
});

test("client-go's streams into pods of the embedded cluster", {
  skip: !goIsThere && !mustRun && withoutGo,
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  await checksHold(t, home, [build(home), '-streams', '-kubeconfig', home.kubeconfig], { atLeast: 42 });
});

test('the same streams through kube-apiserver to our node', {
  skip: !mustRun && !(goIsThere && peersAreThere) && 'kube-apiserver is not built: run npm run test:interop',
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using real = await startRealClusterWithNode({ images: { shell: '/bin/sh' } });
  await checksHold(t, home, [build(home), '-streams', '-kubeconfig', real.kubeconfig], { atLeast: 42 });
});
