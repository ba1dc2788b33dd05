import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ContainerLog } from '../logs/container-log.ts';
import { openProcessRuntime } from './process.ts';
import { findMarked } from './process-table.ts';
import type { RunningContainer } from './runtime.ts';
import { StartFailure } from './runtime.ts';

const runtime = openProcessRuntime();
const never = new AbortController().signal;
const PATH = '/usr/bin:/bin';

async function podDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-pod-'));
  t.after(async () => {
    await runtime.endPod(directory);
    await rm(directory, { recursive: true });
  });
  return directory;
}

async function start(directory: string, argv: string[], environment: Record<string, string> = { PATH }, stdin = false) {
  const file = join(directory, `${Math.random()}.log`);
  const log = await ContainerLog.create({ file });
  const common = { podUid: 'uid', name: 'c', workingDirectory: directory, stdin, tty: false, directory };
  try {
    const running = await runtime.start({ ...common, argv, environment, log });
    return { running, log: () => readFile(file, 'utf8') };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function isGone({ id }: RunningContainer): Promise<boolean> {
  return (await findMarked(new Set([id]))).length === 0;
}

test('the exit code, the output and nothing of our own environment', async (t) => {
  process.env.FAIRLEAD_TEST_SECRET = 'not for pods';
  t.after(() => delete process.env.FAIRLEAD_TEST_SECRET);
  const directory = await podDirectory(t);
  const { running, log } = await start(directory, ['sh', '-c', 'env; echo oops >&2; exit 3'], { PATH, A: 'b c' });
  const exit = await running.exited;
  assert.equal(exit.exitCode, 3);
  assert.equal(exit.reason, 'Error');
  const text = await log();
  assert.match(text, / stdout F A=b c\n/);
  assert.match(text, / stderr F oops\n/);
  assert.doesNotMatch(text, /FAIRLEAD_TEST_SECRET|HOME=|USER=/);
});

test('a signal is told as Kubernetes tells it', async (t) => {
  const { running } = await start(await podDirectory(t), ['sleep', '60']);
  running.kill('SIGTERM');
  const { exitCode, signal } = await running.exited;
  assert.deepEqual({ exitCode, signal }, { exitCode: 143, signal: 15 });
});

test('what cannot be started is named', async (t) => {
  const directory = await podDirectory(t);
  await assert.rejects(start(directory, ['no-such-program']), (error: Error) => {
    assert.ok(error instanceof StartFailure);
    assert.match(error.message, /"no-such-program": executable file not found in \$PATH/);
    return true;
  });
  await assert.rejects(start(directory, [directory]), /permission denied/);
});

test('children end with the main process, those that left its session too', { skip: noProc() }, async (t) => {
  const script = 'setsid sleep 600 & sleep 601 & sleep 0.2';
  const { running } = await start(await podDirectory(t), ['sh', '-c', script]);
  assert.equal((await running.exited).exitCode, 0);
  assert.ok(await isGone(running));
});

test('exec: streams apart, input, exit code', async (t) => {
  const { running } = await start(await podDirectory(t), ['sleep', '60'], { PATH, GREETING: 'hello' });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const argv = ['sh', '-c', 'read line; echo "$GREETING $line"; echo bad >&2; exit 5'];
  const exit = await running.exec({ argv, stdin: Readable.from(['world\n']), stdout, stderr, signal: never });
  assert.deepEqual(exit, { exitCode: 5 });
  assert.equal(stdout.read()?.toString(), 'hello world\n');
  assert.equal(stderr.read()?.toString(), 'bad\n');
  // An input that was cut off before the command began is over for it too.
  const gone = new PassThrough().destroy();
  assert.deepEqual(await running.exec({ argv: ['cat'], stdin: gone, signal: never }), { exitCode: 0 });
  const failed = await running.exec({ argv: ['no-such-program'], signal: never });
  assert.match(failed.startError ?? '', /not found/);
  for (const [argv, why] of [
    [[''], 'exec: "": executable file not found in $PATH'],
    [['echo', 'a\0b'], 'exec: "echo": invalid argument'],
    [['echo', 'x'.repeat(200_000)], 'exec: "echo": argument list too long'],
  ] as const) {
    assert.equal((await running.exec({ argv, signal: never })).startError, why);
  }
  running.kill('SIGKILL');
  await running.exited;
});

test('attach: the main process’s own streams, by several at once, and it outlives them', async (t) => {
  const { running, log } = await start(await podDirectory(t), ['cat'], { PATH }, true);
  const [first, second] = [new PassThrough(), new PassThrough()];
  const leave = new AbortController();
  const watching = running.attach({ stdout: first, endsStdin: false, signal: leave.signal });
  const stdin = new PassThrough();
  const typing = running.attach({ stdin, stdout: second, endsStdin: true, signal: never });
  stdin.write('one\n');
  for (const reader of [first, second]) assert.equal(String((await once(reader, 'data'))[0]), 'one\n');
  leave.abort();
  assert.equal(await watching, 'ended');
  const rest = once(second, 'data');
  stdin.end('two\n');
  assert.equal(String((await rest)[0]), 'two\n');
  assert.equal(await typing, 'ended');
  assert.equal((await running.exited).exitCode, 0);
  assert.match(await log(), / stdout F one\n.* stdout F two\n/);
  assert.equal(first.readableLength, 0);
});

test('attach: an input that is cut off has its end', async (t) => {
  const { running } = await start(await podDirectory(t), ['cat'], { PATH }, true);
  const stdin = new PassThrough();
  const attached = running.attach({ stdin, endsStdin: true, signal: never });
  stdin.destroy();
  assert.equal(await attached, 'ended');
  assert.equal((await running.exited).exitCode, 0);
});

test('attach: a reader that does not read is left behind, not waited for', async (t) => {
  const { running } = await start(await podDirectory(t), ['sh', '-c', 'head -c 20000000 /dev/zero; exit 4']);
  const stuck = new PassThrough();
  const outcome = running.attach({ stdout: stuck, endsStdin: false, signal: never });
  assert.equal((await running.exited).exitCode, 4);
  assert.equal(await outcome, 'too slow');
});

test('exec ends when it is no longer wanted', async (t) => {
  const { running } = await start(await podDirectory(t), ['sleep', '60']);
  const gone = new AbortController();
  const stdout = new PassThrough();
  stdout.once('data', () => gone.abort());
  const exit = await running.exec({ argv: ['sh', '-c', 'echo here; sleep 60'], stdout, signal: gone.signal });
  assert.equal(exit.exitCode, 137);
  running.kill('SIGKILL');
  await running.exited;
});

test('exec that is no longer wanted ends though nobody reads what it wrote', async (t) => {
  const { running } = await start(await podDirectory(t), ['sleep', '60']);
  const gone = new AbortController();
  // It takes one chunk, and never has room for another.
  const stuck = new Writable({ highWaterMark: 1, write: () => gone.abort() });
  const exit = await running.exec({ argv: ['yes'], stdout: stuck, signal: gone.signal });
  assert.equal(exit.exitCode, 137);
  running.kill('SIGKILL');
  await running.exited;
});

test('what a killed node left behind is ended, what belongs to a living one is not', { skip: noProc() }, async (t) => {
  const pods = await mkdtemp(join(tmpdir(), 'fairlead-pods-'));
  t.after(() => rm(pods, { recursive: true }));
  const mine = join(pods, 'mine');
  await mkdir(mine);
  const { running } = await start(mine, ['sleep', '60']);
  const script = `
    import { openProcessRuntime } from ${JSON.stringify(new URL('process.ts', import.meta.url).href)};
    import { ContainerLog } from ${JSON.stringify(new URL('../logs/container-log.ts', import.meta.url).href)};
    import { mkdirSync } from 'node:fs';
    const directory = process.argv[1];
    mkdirSync(directory);
    const log = await ContainerLog.create({ file: directory + '/log' });
    const launch = { podUid: 'u', name: 'c', argv: ['sleep', '600'], environment: { PATH: '${PATH}' } };
    const running = await openProcessRuntime().start({ ...launch, workingDirectory: '/', stdin: false, tty: false, log, directory });
    console.log(running.id);
  `;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, join(pods, 'other')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(other.stdout, 'data')) as [Buffer];
  const id = line.toString().trim();
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal((await findMarked(new Set([id]))).length, 1);
  assert.equal(await runtime.endLeftovers(pods), 1);
  assert.equal((await findMarked(new Set([id]))).length, 0);
  assert.equal(await isGone(running), false);
  running.kill('SIGKILL');
  await running.exited;
});

function noProc(): string | false {
  return process.platform === 'linux' ? false : 'processes are found in /proc, which only Linux has';
}

test('records that a pod has written over do not stop the next start', async (t) => {
  const pods = await mkdtemp(join(tmpdir(), 'fairlead-pods-'));
  t.after(() => rm(pods, { recursive: true }));
  const records = join(pods, 'p/processes');
  await mkdir(records, { recursive: true });
  for (const [name, text] of Object.entries({ a: 'null', b: '{"owner":{"pid":"x"}}', c: '[', d: '{"owner":3}' }))
    await writeFile(join(records, name), text);
  await symlink('/dev/zero', join(records, 'e'));
  execFileSync('mkfifo', [join(records, 'f')]);
  assert.equal(await runtime.endLeftovers(pods), 0);
  assert.deepEqual(await readdir(records), []);
});
