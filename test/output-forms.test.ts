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

test('a file that is not there is told in words', async () => {
  await using home = await Home.make();
  const dry = '--dry-run=client';
  const lines = [
    ['create', 'cm', 'c', '--from-file=/no/such', dry],
    ['create', 'cm', 'c', '--from-env-file=/no/such', dry],
    ['create', 'secret', 'tls', 't', '--cert=/no/such', '--key=/no/such', dry],
    ['create', 'sa', 'c', dry, '-o', 'jsonpath-file=/no/such'],
    ['create', 'sa', 'c', dry, '-o', 'custom-columns-file=/no/such'],
  ];
  for (const line of lines) {
    const { code, stderr } = await home.fairlead(...line);
    assert.equal(code, 1, line.join(' '));
    assert.match(stderr, /^error: cannot read \/no\/such: there is no such file(?:$|;)/m, line.join(' '));
  }
});
