/**
 * `npm run test:interop`: the journeys with real clients, servers and browser. Builds those that come from source, says what
 * to install where something is missing, and skips the tests that need it; with CI=true what is missing is a failure.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildPeers } from '../test/peers/build.ts';
import { chromiumPath } from '../test/peers/chromium.ts';
import { isPostgresInstalled } from '../test/peers/postgres.ts';
import { buildPythonClient } from '../test/peers/python.ts';

const root = resolve(import.meta.dirname, '..');
const mustHave = process.env.CI === 'true';
const missing: string[] = [];

try {
  buildPeers(['kubectl', 'etcd', 'kube-apiserver', 'helm']);
} catch (error) {
  missing.push(error instanceof Error ? error.message : String(error));
}
try {
  buildPythonClient();
} catch (error) {
  missing.push(error instanceof Error ? error.message : String(error));
}
if (chromiumPath() === undefined) missing.push('Chromium: install it (on Debian: apt-get install chromium)');
if (!isPostgresInstalled()) missing.push('PostgreSQL: install it (on Debian: apt-get install postgresql)');
for (const program of ['openssl', 'curl', 'proxychains4']) {
  if (spawnSync(program, ['version']).error !== undefined)
    missing.push(`${program}: install it (on Debian: apt-get install ${program})`);
}

for (const line of missing) console.error(`missing: ${line}`);
if (missing.length > 0 && mustHave) process.exit(1);

const patterns = process.argv.slice(2);
const files = globSync(patterns.length > 0 ? patterns : ['test/interop/**/*.test.ts'], { cwd: root }).sort();
if (files.length === 0) {
  console.error(`no test matches ${patterns.join(' ')}: name files, as in test/interop/get.test.ts`);
  process.exit(1);
}
/** Several API servers each, which are stopped and killed under load: they come before all others, and the longest one last. */
const heavy = ['balance', 'failover', 'leaks', 'one-proxy'].map((name) => `test/interop/${name}.test.ts`);

function run(some: readonly string[], atOnce: number): boolean {
  if (some.length === 0) return true;
  const args = ['--test', `--test-concurrency=${atOnce}`, '--test-timeout=180000', ...some];
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

// All wait for programs and servers much of the time: two share the processors well.
const passed = [
  run(
    files.filter((file) => heavy.includes(file)),
    2,
  ),
  run(
    files.filter((file) => !heavy.includes(file)),
    2,
  ),
];
process.exit(passed.every((each) => each) ? 0 : 1);
