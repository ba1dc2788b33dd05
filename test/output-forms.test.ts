/** Forms of -o that kubectl has for `get` alone, and we for whatever prints objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

test('what was made and changed is printed in columns of one table', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:');
  const made = await home.fairlead(
    'create',
    'sa',
    'built',
    '--dry-run=client',
    '-o',
    'custom-columns=NAME:.metadata.name',
  );
  assert.deepEqual([made.code, made.stdout], [0, 'NAME\nbuilt\n'], made.stderr);
  for (const name of ['one', 'two']) assert.equal((await home.fairlead('create', 'cm', name)).code, 0);
  const columns = 'custom-columns=N:.metadata.name,Z:.metadata.labels.z';
  const labelled = await home.fairlead('label', 'cm', 'one', 'two', 'z=2', '-o', columns);
  assert.equal(labelled.code, 0, labelled.stderr);
  assert.equal(labelled.stdout.replace(/ +/g, ' '), 'N Z\none 2\ntwo 2\n');
});
