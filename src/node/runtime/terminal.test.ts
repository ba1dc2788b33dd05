import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ContainerLog } from '../logs/container-log.ts';
import { terminalObstacle } from '../terminal/binding.ts';
import { TerminalSizes } from '../terminal/size.ts';
import { openProcessRuntime } from './process.ts';
import type { RunningContainer } from './runtime.ts';

const skip = terminalObstacle() ?? false;
const environment = { PATH: '/usr/bin:/bin' };

async function container(
  t: TestContext,
  script: string,
  tty = false,
): Promise<{ running: RunningContainer; log(): Promise<string> }> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-terminal-'));
  const file = join(directory, '0.log');
  const log = await ContainerLog.create({ file });
  const runtime = openProcessRuntime();
  const running = await runtime.start({
    podUid: 'u',
    name: 'c',
    argv: ['sh', '-c', script],
    environment,
    workingDirectory: directory,
    stdin: tty,
    tty,
    log,
    directory,
  });
  t.after(async () => {
    running.kill('SIGKILL');
    await running.exited;
    await runtime.endPod(directory);
    await rm(directory, { recursive: true });
  });
  return { running, log: () => readFile(file, 'utf8') };
}

/** A command in a terminal, and somebody in front of it. */
function open(running: RunningContainer, argv: readonly string[], size?: { columns: number; rows: number }) {
  const [stdin, stdout, leave, terminal] = [
    new PassThrough(),
    new PassThrough(),
    new AbortController(),
    new TerminalSizes(),
  ];
  if (size !== undefined) terminal.set(size);
  const exit = running.exec({ argv, stdin, stdout, terminal, signal: leave.signal });
  const over = exit.then(async (end) => {
    const shown = once(stdout, 'end');
    stdout.end();
    await shown;
    return end;
  });
  let seen = '';
  stdout.on('data', (chunk) => {
    seen += chunk;
  });
  /** Resolves when it has been shown, since the last time. */
  const shows = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(seen);
      if (match !== null) {
        seen = seen.slice(match.index + match[0].length);
        return match;
      }
      await Promise.race([
        once(stdout, 'data'),
        over.then(({ exitCode }) => {
          if (!pattern.test(seen)) assert.fail(`it ended with ${exitCode} after: ${seen}`);
        }),
      ]);
    }
  };
  return { stdin, stdout, exit, terminal, leave: () => leave.abort(), shows, seen: () => seen };
}

const main = 'exec sleep 600';
const size = { columns: 91, rows: 33 };

test('a command in a terminal has it before its first output, all of it, and the exit code is its own', {
  skip,
}, async (t) => {
  const { running } = await container(t, main);
  const script = 'stty size; tty; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo yes >&2; exit 3';
  const session = open(running, ['sh', '-c', script], size);
  const shown = session.exit.then(() => session.seen());
  assert.deepEqual(await session.exit, { exitCode: 3 });
  assert.match(await shown, /^33 91\r\n\/dev\/pts\/\d+\r\nxterm\r\nyes\r\n$/);
});

test('an interactive shell: keys, Ctrl-C for the program in front, a new size, Ctrl-D', { skip }, async (t) => {
  const { running } = await container(t, main);
  const session = open(running, ['sh'], size);
  session.stdin.write("PS1='pro''mpt> '\n");
  await session.shows(/prompt> /);
  // What says so itself is in front already, and awaits it: shells lose a Ctrl-C while they start a program.
  session.stdin.write(`sh -c 'trap "echo interrupted; exit" INT; echo began; while :; do sleep 0.02; done'\n`);
  await session.shows(/\nbegan/);
  session.stdin.write('\x03');
  await session.shows(/interrupted\r\n/);
  await session.shows(/prompt> /);
  session.terminal.set({ columns: 120, rows: 40 });
  session.stdin.write('stty size\n');
  // The keys and the size go different ways: the shell asks until it has it.
  session.stdin.write("until [ \"$(stty size)\" = '40 120' ]; do :; done; echo now it' is'\n");
  await session.shows(/now it is/);
  session.stdin.write('(exit 7)\n\x04');
  assert.deepEqual(await session.exit, { exitCode: 7 });
});

test('a program hears of every new size', { skip }, async (t) => {
  const { running } = await container(t, main);
  const session = open(running, ['sh', '-c', "trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done"], size);
  await session.shows(/ready/);
  for (const [columns, rows] of [
    [1, 1],
    [65535, 65535],
    [80, 24],
  ] as const) {
    session.terminal.set({ columns, rows });
    await session.shows(new RegExp(`${rows} ${columns}\r\n`));
  }
  session.leave();
  await session.exit;
});

test('the end of the input is the end of a file, in the middle of a line too', { skip }, async (t) => {
  const { running } = await container(t, main);
  for (const input of ['', 'a line\n', 'no end of line']) {
    const session = open(running, ['sh', '-c', 'stty -echo; echo ready; cat; echo over'], size);
    await session.shows(/ready\r\n/);
    session.stdin.end(input);
    const [, shown] = await session.shows(/^([\s\S]*)over/);
    assert.equal(shown?.trimEnd(), input.trimEnd());
    assert.deepEqual(await session.exit, { exitCode: 0 });
  }
});

test('whoever leaves hangs up; who does not heed that is killed', { skip }, async (t) => {
  const { running } = await container(t, main);
  const heeds = open(running, ['sh', '-c', "trap 'exit 5' HUP; echo ready; while :; do sleep 0.02; done"], size);
  await heeds.shows(/ready/);
  heeds.leave();
  assert.deepEqual(await heeds.exit, { exitCode: 5 });
  const defies = open(running, ['sh', '-c', "trap '' HUP; echo ready; while :; do sleep 0.02; done"], size);
  await defies.shows(/ready/);
  defies.leave();
  assert.deepEqual(await defies.exit, { exitCode: 137 });
});

test('a reader that is slow holds the program up and loses nothing, also of what comes just before the end', {
  skip,
}, async (t) => {
  const { running } = await container(t, main);
  const stdout = new PassThrough({ highWaterMark: 1 });
  const exit = running.exec({
    argv: ['seq', '1', '100000'],
    stdout,
    terminal: new TerminalSizes(),
    signal: new AbortController().signal,
  });
  await once(stdout, 'readable');
  // Longer than a command's output is waited for that children in the background hold open.
  await new Promise((resolve) => setTimeout(resolve, 700));
  void exit.then(() => stdout.end());
  const lines = (await text(stdout)).split('\r\n');
  assert.equal(lines.length, 100_001);
  assert.equal(lines[99_999], '100000');
  assert.deepEqual(await exit, { exitCode: 0 });
});

test('input that nobody reads holds up neither output nor the end', { skip }, async (t) => {
  const { running } = await container(t, main);
  const session = open(running, ['sh', '-c', 'stty raw -echo; echo ready; sleep 0.2; seq 1 50000; echo done'], size);
  await session.shows(/ready/);
  session.stdin.write(Buffer.alloc(1_000_000, 'x'));
  await session.shows(/50000\ndone/);
  assert.deepEqual(await session.exit, { exitCode: 0 });
});

test('what cannot be started is told as without a terminal', { skip }, async (t) => {
  const { running } = await container(t, main);
  const fails = async (program: string) => (await open(running, [program], size).exit).startError;
  assert.equal(await fails('no-such-program'), 'exec: "no-such-program": executable file not found in $PATH');
  assert.equal(await fails(''), 'exec: "": executable file not found in $PATH');
  assert.match((await fails('/no/such/program')) ?? '', /^exec: "\/no\/such\/program": no such file/);
  assert.equal(await fails('/etc/passwd'), 'exec: "/etc/passwd": permission denied');
});

/** Resolves when these words have come. Between two looks nothing is lost. */
async function said(output: PassThrough, words: string): Promise<void> {
  let seen = '';
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (seen.includes(words)) return;
  }
}

test('a container in a terminal: one output in its log, keys and sizes by attachment, its end', { skip }, async (t) => {
  const { running, log } = await container(
    t,
    // The keys and the size go different ways.
    `echo out; echo err >&2; read -r a; stty size; read -r b; until [ "$(stty size)" = '33 91' ]; do :; done; stty size; exit 4`,
    true,
  );
  const [stdin, stdout, terminal] = [new PassThrough(), new PassThrough(), new TerminalSizes()];
  const signal = new AbortController().signal;
  const attached = running.attach({ stdin, stdout, terminal, endsStdin: true, signal });
  stdin.write('first\n');
  await said(stdout, '24 80');
  terminal.set(size);
  stdout.resume();
  stdin.write('typed\n');
  assert.equal(await attached, 'ended');
  assert.equal((await running.exited).exitCode, 4);
  const lines = (await log()).split('\n').map((line) => line.split(' ').slice(1).join(' '));
  for (const line of ['stdout F out\r', 'stdout F err\r', 'stdout F 24 80\r', 'stdout F 33 91\r']) {
    assert.ok(lines.includes(line), `${line} in ${lines.join('|')}`);
  }
});

test('a container in a terminal can be asked to end, and be killed with all that is in it', { skip }, async (t) => {
  const asked = await container(t, "trap 'exit 6' TERM; read -r a; echo ready; while :; do sleep 0.02; done", true);
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  void asked.running.attach({ stdin, stdout, endsStdin: false, signal: new AbortController().signal });
  stdin.write('go\n');
  await said(stdout, 'ready');
  asked.running.kill('SIGTERM');
  assert.equal((await asked.running.exited).exitCode, 6);
  const killed = await container(t, "trap '' HUP; sleep 600 & sleep 600", true);
  killed.running.kill('SIGKILL');
  assert.deepEqual((await killed.running.exited).signal, 9);
});

test('many sessions at once and one after the other leave no file and no process behind', { skip }, async (t) => {
  const { running } = await container(t, main);
  const files = async () => {
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return links.filter((link) => /^(socket|pipe|\/dev\/p)/.test(link)).length;
  };
  const before = await files();
  for (let round = 0; round < 3; round++) {
    const sessions = Array.from({ length: 6 }, () => open(running, ['sh', '-c', 'ls -l /proc/self/fd; exit 1'], size));
    for (const session of sessions) {
      assert.deepEqual(await session.exit, { exitCode: 1 });
      assert.doesNotMatch(session.seen(), /ptmx/, 'no other terminal`s file');
    }
  }
  // Sockets are closed in the turn after their end.
  for (let turn = 0; turn < 200 && (await files()) > before; turn++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok((await files()) <= before, `${await files()} files, ${before} before`);
});

/** Another size is told as soon as the program begins to be started with the first one. */
class Hasty extends TerminalSizes {
  override first(patienceMs: number): ReturnType<TerminalSizes['first']> {
    const first = super.first(patienceMs);
    this.set({ columns: 91, rows: 33 });
    return first;
  }
}

test('a size that is told while a command is being started is not lost', { skip }, async (t) => {
  const { running } = await container(t, 'exec sleep 600');
  const terminal = new Hasty();
  terminal.set({ columns: 80, rows: 24 });
  const stdout = new PassThrough();
  const argv = ['sh', '-c', 'until [ "$(stty size)" = "33 91" ]; do sleep 0.02; done; echo resized'];
  const exit = running.exec({ argv, stdin: new PassThrough(), stdout, terminal, signal: t.signal });
  assert.match(String((await once(stdout, 'data'))[0]), /resized/);
  assert.equal((await exit).exitCode, 0);
});
