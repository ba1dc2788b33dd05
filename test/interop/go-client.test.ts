/** The Go client library of Kubernetes on the embedded cluster: what operators do, check by check. See go-client/. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';

const source = resolve(import.meta.dirname, 'go-client');
const goIsMissing = spawnSync('go', ['version']).status !== 0 && 'Go is missing: install Go 1.26 and put go on PATH';
// Where it must not be skipped, the build below fails with the same reason.
const skip = process.env.CI === 'true' ? false : goIsMissing;

interface Check {
  check: string;
  milliseconds: number;
  error?: string;
}

test('client-go works as on Kubernetes', { skip, timeout: 170_000 }, async (t) => {
  assert.equal(goIsMissing, false, String(goIsMissing));
  await using home = await Home.make();
  const program = join(home.directory, 'go-client');
  // With the developer's own Go caches, not this test's home.
  const build = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    encoding: 'utf8',
  });
  assert.equal(build.status, 0, build.stderr);

  await using _cluster = await RunningFairlead.up(home, '--nodes', '0', '--data', ':memory:');
  const { code, stdout, stderr } = await home.run(program, ['-kubeconfig', home.kubeconfig]);
  assert.equal(code, 0, stderr);
  const checks: Check[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(checks.length >= 45, `the program made ${checks.length} checks`);
  for (const { check, error } of checks) {
    await t.test(check, () => assert.equal(error, undefined));
  }
});
