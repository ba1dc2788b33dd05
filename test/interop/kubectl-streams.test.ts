/** Real kubectl's logs, cp and attach without a terminal, on the embedded cluster: what comes, what is cut, how it ends. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PodSpec } from '../../src/api/types/core-v1.ts';
import { connect } from '../../src/client/connect.ts';
import { terminalObstacle } from '../../src/node/terminal/binding.ts';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { Seat } from '../peers/seat.ts';
import { podWhen, runPod } from '../real-cluster/pods.ts';

const kubectlPath = peerPath('kubectl');
const skip = existsSync(kubectlPath) ? false : 'kubectl is not built: run npm run test:interop';

let home: Home;
let fairlead: RunningFairlead;
let cluster: Awaited<ReturnType<typeof connect>>;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  fairlead = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  cluster = await connect({ path: home.kubeconfig });
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await fairlead?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

const kubectl = (...args: string[]): Promise<Finished> => home.run(kubectlPath, args);

/** Runs kubectl and expects success; returns what it printed. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(...args);
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function shell(script: string, name = 'c') {
  return { name, image: 'shell', args: ['-c', script] };
}

/** Resolves when a container that is Ready has also said what is wanted. */
async function logged(name: string, container: string, line: string): Promise<void> {
  for await (const one of cluster.pod('default', name).logs({ container, follow: true })) if (one === line) return;
  assert.fail(`${name} ended without the line ${line}`);
}

const shortLived = { terminationGracePeriodSeconds: 1 };
const waiting = 'exec sleep 600';

test('logs: parts of them, of one container, of all, of several pods', { skip }, async () => {
  const { client } = cluster;
  const two = [shell(`echo one 1; echo one 2; ${waiting}`, 'one'), shell(`echo two; ${waiting}`, 'two')];
  await runPod(client, 'pair', { ...shortLived, containers: two }, { app: 'logs' });
  await runPod(client, 'single', { ...shortLived, containers: [shell(`echo single; ${waiting}`)] }, { app: 'logs' });

  await Promise.all([logged('pair', 'one', 'one 2'), logged('pair', 'two', 'two'), logged('single', 'c', 'single')]);

  assert.equal(await printed('logs', 'pair', '-c', 'two'), 'two\n');
  const defaulted = await kubectl('logs', 'pair');
  assert.deepEqual([defaulted.code, defaulted.stdout], [0, 'one 1\none 2\n']);
  assert.match(defaulted.stderr, /Defaulted container "one" out of: one, two/);
  // kubectl takes several in any order.
  const sorted = async (...args: string[]) => (await printed('logs', ...args)).trim().split('\n').sort();
  assert.deepEqual(await sorted('pair', '--all-containers'), ['one 1', 'one 2', 'two']);
  assert.deepEqual(await sorted('-l', 'app=logs', '--all-containers', '--prefix', '--tail=1'), [
    '[pod/pair/one] one 2',
    '[pod/pair/two] two',
    '[pod/single/c] single',
  ]);
  assert.equal(await printed('logs', 'pair', '-c', 'one', '--tail=0'), '');
  assert.equal(await printed('logs', 'pair', '-c', 'one', '--limit-bytes=8'), 'one 1\non');
  const stamped = await printed('logs', 'pair', '-c', 'one', '--timestamps');
  const [first = '', second = ''] = stamped.split('\n').map((line) => line.split(' ')[0]);
  assert.ok(!Number.isNaN(Date.parse(first)), stamped);
  assert.ok(first <= second);
  assert.equal(await printed('logs', 'pair', '-c', 'one', '--since=1h'), 'one 1\none 2\n');
  const future = new Date(Date.now() + 3_600_000).toISOString();
  assert.equal(await printed('logs', 'pair', '-c', 'one', `--since-time=${future}`), '');
  const past = new Date(Date.now() - 3_600_000).toISOString();
  assert.equal(await printed('logs', 'pair', '-c', 'one', `--since-time=${past}`), 'one 1\none 2\n');
});

test('debug: a container beside those of a pod, attached to', { skip }, async () => {
  await runPod(cluster.client, 'debugged', { ...shortLived, containers: [shell(waiting)] });
  const args = ['debug', 'debugged', '-i', '--image=shell', '-c', 'beside', '--target=c'];
  const { stdout } = await home.run(kubectlPath, args, 'echo input $POD_IP; exit\n');
  assert.match(stdout, /^input 127(\.\d+){3}$/m);
});

test('logs: the run before, of a deployment, and what is refused', { skip }, async () => {
  const { client } = cluster;
  const mark = '$FAIRLEAD_ROOT/ran';
  const script = `[ -e ${mark} ] && echo again && ${waiting}; echo first; touch ${mark}; exit 1`;
  await runPod(client, 'twice', { ...shortLived, containers: [shell(script)] });
  await podWhen(client, 'twice', (pod) => {
    const [status] = pod?.status?.containerStatuses ?? [];
    return status?.restartCount === 1 && status.state?.running !== undefined;
  });
  await logged('twice', 'c', 'again');
  assert.equal(await printed('logs', 'twice', '--previous'), 'first\n');
  assert.equal(await printed('logs', 'twice'), 'again\n');

  await printed('create', 'deployment', 'some', '--image=shell', '--', '/bin/sh', '-c', `echo deployed; ${waiting}`);
  await printed('rollout', 'status', 'deployment/some', '--timeout=30s');
  const follow = spawn(kubectlPath, ['logs', '-f', 'deployment/some'], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.equal(String((await once(follow.stdout, 'data'))[0]), 'deployed\n');
  const left = once(follow, 'close');
  follow.kill('SIGTERM');
  await left;
  assert.equal(await printed('logs', 'deployment/some'), 'deployed\n');
  await printed('delete', 'deployment', 'some');

  for (const [args, message] of [
    [['single', '--previous'], /previous terminated container "c" in pod "single" not found/],
    [['single', '-c', 'other'], /container other is not valid for pod single/],
    [['nobody'], /pods "nobody" not found/],
    [['single', '--tail=-5'], /tail must be greater than or equal to -1/],
  ] as const) {
    const { code, stderr } = await kubectl('logs', ...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, message);
  }
});

test('logs -f: from several containers at once, until all have ended', { skip }, async () => {
  const { client } = cluster;
  const go = join(home.directory, 'go');
  const until = `until [ -e ${go} ]; do sleep 0.02; done`;
  const spec: PodSpec = {
    ...shortLived,
    restartPolicy: 'Never',
    containers: [shell(`echo a; ${until}; echo late a`, 'a'), shell(`echo b; ${until}; echo late b; exit 4`, 'b')],
  };
  await runPod(client, 'followed', spec);
  const args = ['logs', '-f', 'followed', '--all-containers', '--prefix'];
  const follow = spawn(kubectlPath, args, { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = '';
  follow.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk;
  });
  while (!(/\] a\n/.test(seen) && /\] b\n/.test(seen))) await once(follow.stdout, 'data');
  await writeFile(go, '');
  const [code] = await once(follow, 'close');
  const lines = ['[pod/followed/a] a', '[pod/followed/a] late a', '[pod/followed/b] b', '[pod/followed/b] late b'];
  assert.deepEqual([code, seen.trim().split('\n').sort()], [0, lines]);
});

test('logs -f and exec look cut where the node is killed', {
  skip: skip || (terminalObstacle() ?? false),
}, async () => {
  await using ownHome = await Home.make();
  await using short = await RunningFairlead.up(ownHome, '--image', 'shell=/bin/sh');
  await using other = await connect({ path: ownHome.kubeconfig });
  await runPod(other.client, 'cut', { ...shortLived, containers: [shell(`echo begun; ${waiting}`)] });
  const started = [
    ['logs', '-f', 'cut'],
    ['exec', 'cut', '--', 'sh', '-c', `echo begun; ${waiting}`],
  ].map((args) => spawn(kubectlPath, args, { env: ownHome.env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const ends = started.map((child) => once(child, 'close'));
  await Promise.all(started.map((child) => once(child.stdout, 'data')));
  const pipe = join(ownHome.directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const script = `trap '' HUP; exec 9>${pipe}; echo up; while :; do sleep 0.02; done`;
  await using seat = await Seat.take([kubectlPath, 'exec', '-it', 'cut', '--', '/bin/sh', '-c', script], {
    env: ownHome.env,
    directory: ownHome.directory,
    size: { columns: 80, rows: 24 },
  });
  // Nothing can be read to the end of the pipe before the last that holds it has ended.
  const held = readFile(pipe);
  await seat.sees(/up\r\n/);
  await short.kill();
  assert.equal(await seat.end(), 1);
  // A terminal does not outlive its node, nor what runs in it.
  await held;
  const codes = (await Promise.all(ends)).map(([code]) => code);
  // The next start ends what the pod was left with.
  await using _next = await RunningFairlead.up(ownHome, '--image', 'shell=/bin/sh');
  assert.deepEqual(codes, [1, 1]);
});

test('cp: files and folders to a pod and from it', { skip }, async () => {
  const { client } = cluster;
  await runPod(client, 'files', {
    ...shortLived,
    volumes: [{ name: 'data', emptyDir: {} }],
    containers: [{ ...shell(waiting), volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
  });
  const at = (...path: string[]) => join(home.directory, ...path);
  const big = 'a line of many\n'.repeat(200_000);
  await mkdir(at('folder/inner'), { recursive: true });
  await writeFile(at('folder/inner/big'), big);
  await writeFile(at('folder/a name'), 'spaced');
  await symlink('inner/big', at('folder/link'));

  // What is not absolute is below the container's root, so that this is the volume at /data.
  await printed('cp', 'folder', 'files:data/folder');
  assert.equal(await printed('exec', 'files', '--', 'cat', 'data/folder/a name'), 'spaced');
  assert.equal(await printed('exec', 'files', '--', 'sh', '-c', 'cat $FAIRLEAD_ROOT/data/folder/link'), big);
  await printed('cp', 'files:data/folder/inner', 'back');
  assert.equal(await readFile(at('back/big'), 'utf8'), big);
  await printed('cp', 'files:data/folder/a name', 'one');
  assert.equal(await readFile(at('one'), 'utf8'), 'spaced');

  // An absolute path is the machine's own.
  await printed('cp', 'one', `files:${at('absolute')}`);
  assert.equal(await readFile(at('absolute'), 'utf8'), 'spaced');

  const piped = `tar cf - folder | ${kubectlPath} exec -i files -- tar xf - -C data && ${kubectlPath} exec files -- tar cf - -C data folder | tar xf - -C piped`;
  await mkdir(at('piped'));
  const through = await home.run('/bin/sh', ['-c', piped]);
  assert.equal(through.code, 0, through.stderr);
  assert.equal(await readFile(at('piped/folder/inner/big'), 'utf8'), big);
  assert.equal(await readlink(at('piped/folder/link')), 'inner/big');

  const nowhere = await kubectl('cp', 'one', 'files:no/such/folder/one');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /no\/such\/folder: Cannot open: No such file or directory/);
});

test('attach without a terminal: outputs apart, standard input to its end, a container that is not running', {
  skip,
}, async () => {
  const { client } = cluster;
  const reader = { ...shell('cat; echo over >&2; exit 3'), stdin: true, stdinOnce: true };
  await runPod(client, 'reader', { ...shortLived, restartPolicy: 'Never', containers: [reader] });
  const attached = await home.run(kubectlPath, ['attach', '-i', '--quiet', 'reader'], 'typed\n');
  assert.deepEqual([attached.code, attached.stdout], [0, 'typed\n'], attached.stderr);
  assert.match(attached.stderr, /^over$/m);
  const ended = await podWhen(client, 'reader', (pod) => pod?.status?.phase === 'Failed');
  assert.equal(ended?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
  const late = await kubectl('attach', 'reader');
  assert.equal(late.code, 1);
  assert.match(late.stderr, /cannot attach a container in a completed pod; current phase is Failed/);
});

test('run -i --rm: what is piped in comes back, with the exit code of the pod', { skip }, async () => {
  const args = ['run', '-i', '--rm', '--quiet', 'once', '--image=shell', '--restart=Never', '--', '-c', 'cat; exit 6'];
  const { code, stdout } = await home.run(kubectlPath, args, 'piped\n');
  assert.match(stdout, /^piped\n/);
  assert.equal(code, 6);
});
