/** The Go client library of Kubernetes on the embedded cluster: what operators do, check by check. See go-client/. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const source = resolve(import.meta.dirname, 'go-client');
const mustRun = process.env.CI === 'true';
const goIsThere = spawnSync('go', ['version']).status === 0;
const withoutGo = 'Go is missing: install Go 1.26 and put go on PATH';
const peersAreThere = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));

interface Check {
  check: string;
  milliseconds: number;
  error?: string;
}

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

async function allHold(t: TestContext, home: Home, kubeconfig: string, except?: string): Promise<void> {
  const { code, stdout, stderr } = await home.run(build(home), ['-kubeconfig', kubeconfig]);
  assert.equal(code, 0, stderr);
  const checks: Check[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(checks.length >= 45, `the program made ${checks.length} checks`);
  for (const { check, error } of checks) {
    if (check === except) continue;
    await t.test(check, () => assert.equal(error, undefined));
  }
}

test('client-go works on the embedded cluster', {
  skip: !goIsThere && !mustRun && withoutGo,
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--nodes=0', '--data=:memory:');
  await allHold(t, home, home.kubeconfig);
});

test('the same checks hold on kube-apiserver', {
  skip: !mustRun && !(goIsThere && peersAreThere) && 'kube-apiserver is not built: run npm run test:interop',
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using real = await startRealCluster();
  // Started a moment ago, it may still remember everything.
  await allHold(t, home, real.kubeconfig, 'watch: a forgotten resourceVersion has expired');
});
