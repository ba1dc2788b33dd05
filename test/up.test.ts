/** `up`, `down` and `status` as a user meets them: what is said, what is kept, what is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Home, RunningFairlead } from './fairlead-process.ts';

const node = ['--nodes', '0'];

test('up, a write, down, up again: the data stays; down --delete removes it all', async () => {
  await using home = await Home.make();
  await writeFile(home.kubeconfig, '# mine\napiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n', {
    mode: 0o640,
  });
  const data = join(home.directory, 'share/fairlead/default');
  {
    await using first = await RunningFairlead.up(home, ...node);
    assert.equal(first.facts.context, 'fairlead');
    const seen = await home.fairlead('get', 'namespaces', '-o', 'name');
    assert.match(seen.stdout, /^namespace\/default\n/);
    const status = await home.fairlead('status');
    assert.equal(status.code, 0);
    assert.match(status.stdout, /Cluster "default" runs since \S+ \(process \d+\)/);
    assert.ok(status.stdout.includes(first.apiUrl));
  }
  assert.equal((await home.fairlead('status')).code, 1);
  assert.equal((await stat(join(data, 'pki'))).mode & 0o777, 0o700);
  {
    await using second = await RunningFairlead.up(home, ...node);
    const down = await home.fairlead('down', '--delete');
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stdout, /Cluster "default" stopped\.\nDeleted .*\nDeleted context fairlead from /);
    assert.equal((await second.stop()).code, 0);
  }
  await assert.rejects(stat(data));
  const left = await readFile(home.kubeconfig, 'utf8');
  assert.ok(left.startsWith('# mine\n'));
  assert.ok(!left.includes('fairlead'));
  assert.equal((await stat(home.kubeconfig)).mode & 0o777, 0o640);
});

test('nodes of an earlier start that are wanted no longer are gone', async () => {
  await using home = await Home.make();
  const names = async () => (await home.fairlead('get', 'nodes', '-o', 'name')).stdout.trim().split('\n');
  const until = async (wanted: string) => {
    const signal = AbortSignal.timeout(20_000);
    while ((await names()).join() !== wanted) {
      signal.throwIfAborted();
      await setTimeout(50);
    }
  };
  {
    await using _first = await RunningFairlead.up(home, '--nodes', '2');
    await until('node/fairlead,node/fairlead-2');
  }
  await using _second = await RunningFairlead.up(home, '--nodes', '1');
  await until('node/fairlead');
});

test('the sample application is there again after another start, and as its files say', async () => {
  await using home = await Home.make();
  const read = (...args: string[]) => home.fairlead('get', 'deployment', 'echo', '-n', 'demo', ...args);
  {
    await using _first = await RunningFairlead.up(home, '--demo');
    const patched = await home.fairlead('scale', 'deployment/echo', '-n', 'demo', '--replicas', '1');
    assert.equal(patched.code, 0, patched.stderr);
  }
  await using _second = await RunningFairlead.up(home, '--demo');
  const { spec } = JSON.parse((await read('-o', 'json')).stdout);
  assert.equal(spec.replicas, 2);
  const ports = spec.template.spec.containers[0].ports.map(
    ({ containerPort, protocol }: { containerPort: number; protocol: string }) => `${containerPort}/${protocol}`,
  );
  assert.deepEqual(ports, ['8080/TCP', '8443/TCP', '8080/UDP']);
});

test('a second up says what runs already; another name lives beside it', async () => {
  await using home = await Home.make();
  await using first = await RunningFairlead.up(home, ...node);
  const again = await home.fairlead('up', ...node);
  assert.equal(again.code, 1);
  assert.match(
    again.stderr,
    /^error: a cluster named "default" runs already \(process \d+, since \S+\) at https:\S+, data in \S+: /,
  );
  assert.ok(again.stderr.includes(first.apiUrl));
  const sameData = await home.fairlead(
    'up',
    '--name',
    'other',
    '--data',
    join(home.directory, 'share/fairlead/default'),
    '--api-port=0',
    ...node,
  );
  assert.equal(sameData.code, 1);
  assert.match(sameData.stderr, /is in use/);

  await using other = await RunningFairlead.up(home, '--name', 'other', '--data', ':memory:', ...node);
  assert.equal(other.facts.context, 'fairlead-other');
  assert.notEqual(other.apiUrl, first.apiUrl);
  assert.equal(
    (await home.fairlead('get', 'ns', 'default', '--context', 'fairlead-other', '-o', 'name')).stdout,
    'namespace/default\n',
  );
  const both = JSON.parse((await home.fairlead('status', '-o', 'json')).stdout);
  assert.deepEqual(
    both.clusters.map(({ name }: { name: string }) => name),
    ['default', 'other'],
  );
});

test('detach returns when it is ready, and down ends it', async () => {
  await using home = await Home.make();
  const up = await home.fairlead('up', '--detach', '--api-port=0', '--gateway-port=0', ...node);
  await using _stop = { [Symbol.asyncDispose]: async () => void (await home.fairlead('down')) };
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stdout, /^Cluster "default" is ready after \d+ ms\.\n/);
  assert.match(up.stdout, /fairlead down\n/);
  assert.equal((await home.fairlead('get', 'ns', 'default', '-o', 'name')).stdout, 'namespace/default\n');
  assert.equal((await home.fairlead('down')).code, 0);
});

test('a port in use is named with the way out, and nothing is left behind', async () => {
  await using home = await Home.make();
  await using taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  for (const flag of ['--api-port', '--gateway-port']) {
    const other = flag === '--api-port' ? '--gateway-port=0' : '--api-port=0';
    const { code, stderr } = await home.fairlead('up', '--data=:memory:', `${flag}=${address.port}`, other, ...node);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^error: port ${address.port} .*${flag}.*\\n$`));
  }
  assert.equal((await home.fairlead('status')).code, 1);
  await assert.rejects(stat(home.kubeconfig));
});

test('a foreign, corrupt or newer data directory is refused and not touched', async () => {
  await using home = await Home.make();
  const foreign = join(home.directory, 'photos');
  await mkdir(foreign);
  await writeFile(join(foreign, 'holiday.jpg'), 'x');
  const refused = await home.fairlead('up', '--data', foreign, ...node);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /photos is not empty and holds no Fairlead cluster: choose an empty or new directory with --data\n$/,
  );
  assert.deepEqual(await readdir(foreign), ['holiday.jpg']);

  const data = join(home.directory, 'data');
  {
    await using _made = await RunningFairlead.up(home, '--data', data, ...node);
  }
  const file = join(data, 'state.db');
  const good = await readFile(file);
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const newer = await home.fairlead('up', '--data', data, '--api-port=0', '--gateway-port=0', ...node);
  assert.equal(newer.code, 1);
  assert.match(newer.stderr, /state\.db.*newer/);

  const broken = Buffer.from(good);
  broken.fill(0x5a, 0, 4096);
  await writeFile(file, broken);
  const corrupt = await home.fairlead('up', '--data', data, '--api-port=0', '--gateway-port=0', ...node);
  assert.equal(corrupt.code, 1);
  assert.match(corrupt.stderr, /^error: .*state\.db/);
  assert.ok(!corrupt.stderr.includes('    at '), corrupt.stderr);
  assert.deepEqual(await readFile(file), broken);
  await writeFile(file, good);
  await using again = await RunningFairlead.up(home, '--data', data, ...node);
  assert.ok(again.apiUrl);
});

test('an unwritable data directory is a sentence', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere; the test of the ordinary user does this' : false,
}, async () => {
  await using home = await Home.make();
  await mkdir(join(home.directory, 'locked'));
  await chmod(join(home.directory, 'locked'), 0o500);
  const { code, stderr } = await home.fairlead('up', '--data', join(home.directory, 'locked/data'));
  assert.equal(code, 1);
  assert.match(stderr, /cannot use the data directory .*permission denied/);
});

test('bad flags: exit code 2, the flag is named, the nearest one offered', async () => {
  await using home = await Home.make();
  const cases: [string[], RegExp][] = [
    [['up', '--gatway-port', '1'], /unknown flag: --gatway-port \(did you mean --gateway-port\?\)/],
    [['up', '--api-port', 'http'], /invalid value "http" for --api-port: a whole number is needed/],
    [['up', '--api-port', '70000'], /invalid --api-port 70000/],
    [['up', '--name', 'No'], /invalid --name "No"/],
    [['up', '--nodes', '0', '--demo'], /--demo needs a node/],
    [['up', '--image', 'nonsense'], /NAME=COMMAND is needed/],
    [['up', '--image', "web=sh -c 'x"], /invalid --image: the command .* has an unclosed '/],
    [['up', '--server', 'https://x'], /--server says how to reach an existing cluster/],
    [['up', 'extra'], /unexpected argument "extra"/],
    [['upp'], /unknown command "upp" \(did you mean "up"\?\)/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await home.fairlead(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, expected);
  }
});

test('a static token of --token-file is a user', async () => {
  await using home = await Home.make();
  const file = join(home.directory, 'tokens.csv');
  await writeFile(file, 'sesame,alice,1,"system:masters,others"\nguest,bob,2\n');
  await using cluster = await RunningFairlead.up(home, '--data=:memory:', '--token-file', file, ...node);
  const as = (token: string) =>
    home.fairlead(
      'get',
      'ns',
      '--kubeconfig=/dev/null',
      '--server',
      cluster.apiUrl,
      '--token',
      token,
      '--insecure-skip-tls-verify',
    );
  assert.equal((await as('sesame')).code, 0);
  const guest = await as('guest');
  assert.equal(guest.code, 1);
  assert.match(guest.stderr, /User "bob" cannot list resource "namespaces"/);
  const stranger = await as('nothing');
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /Unauthorized/);
  assert.ok(!stranger.stderr.includes('nothing'));
});
