/** `npm test`: formatting and lint, types, layers, then every test beside the source and the journeys that need only Node. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules/.bin', name);

function step(title: string, command: string, args: readonly string[]): void {
  const started = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\n${title} failed`);
    process.exit(1);
  }
  console.error(`${title}: ok, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

step('lint', bin('biome'), ['check', '--error-on-warnings', '.']);
step('types', bin('tsc'), ['--noEmit']);
step('layers', process.execPath, ['tools/check-layers.ts']);

const patterns = process.argv.slice(2);
const files = globSync(patterns.length > 0 ? patterns : ['src/**/*.test.ts', 'tools/**/*.test.ts', 'test/*.test.ts'], {
  cwd: root,
});
// Node leaves one processor free, and with two runs one file after the other, though most of a test is waiting.
const concurrency = Math.max(2, availableParallelism() - 1);
step('tests', process.execPath, [
  '--test',
  '--test-timeout=60000',
  `--test-concurrency=${concurrency}`,
  ...files.sort(),
]);
