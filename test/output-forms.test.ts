/** Forms of -o: those that kubectl has for `get` alone, and we for whatever prints objects; and the order of JSON's keys. */
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

/** Names of fields in the order in which they stand in the text. */
function fieldsOf(json: string): string {
  return [...json.matchAll(/"([^"]+)":/g)].map(([, name]) => name).join(' ');
}

test('JSON of what was made is in the order of the structs, that of what a file held is sorted', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:');
  const deployment = await home.fairlead('create', 'deploy', 'web', '--image=a/b', '--dry-run=client', '-o', 'json');
  assert.equal(
    fieldsOf(deployment.stdout),
    'kind apiVersion metadata name labels app spec replicas selector matchLabels app ' +
      'template metadata labels app spec containers name image resources strategy status',
  );
  const literals = ['--from-literal=9=a', '--from-literal=10=b', '--from-literal=01=c'];
  const map = await home.fairlead('create', 'cm', 'ints', ...literals, '--dry-run=client', '-o', 'json');
  assert.equal(fieldsOf(map.stdout), 'kind apiVersion metadata name data 01 10 9');
  const files = ['one', 'two'].map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`);
  const applied = await home.runFairlead(['apply', '-f', '-', '--dry-run=client', '-o', 'json'], files.join('---\n'));
  assert.match(fieldsOf(applied.stdout), /^kind apiVersion metadata items apiVersion kind metadata /);
});

test('events, tokens and who one is are printed whole, as structs and by templates', async () => {
  await using home = await Home.make();
  await using _running = await RunningFairlead.up(home, '--data=:memory:');
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    reason: 'Seen',
    message: 'm',
    type: 'Normal',
  };
  const about = { ...event, involvedObject: { kind: 'ConfigMap', namespace: 'default', name: 'one' } };
  const made = await home.runFairlead(['create', '-f', '-'], JSON.stringify(about));
  assert.equal(made.code, 0, made.stderr);
  const events = await home.fairlead('events', '-o', 'json');
  assert.equal(
    fieldsOf(events.stdout),
    'kind apiVersion metadata items kind apiVersion metadata name namespace uid resourceVersion creationTimestamp ' +
      'involvedObject kind namespace name reason message source firstTimestamp lastTimestamp type eventTime ' +
      'reportingComponent reportingInstance',
  );
  assert.match(events.stdout, /"eventTime": null/);
  assert.equal((await home.fairlead('events', '-o', 'jsonpath={.items[*].reason}')).stdout, 'Seen');
  const nothing = await home.fairlead('events', '-n', 'nowhere', '-o', 'json');
  assert.deepEqual([nothing.stdout, nothing.stderr], ['', 'No events found in nowhere namespace.\n']);
  const me = await home.fairlead('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}');
  assert.deepEqual([me.code, me.stdout], [0, 'fairlead-admin'], me.stderr);
  assert.match((await home.fairlead('auth', 'whoami', '-o', 'json')).stdout, /^\{\n {4}"kind": "SelfSubjectReview",/);
  const token = await home.fairlead('create', 'token', 'default', '-o', 'jsonpath={.kind}');
  assert.deepEqual([token.code, token.stdout], [0, 'TokenRequest'], token.stderr);
});
