import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { CommandError, defineCommand } from './command.ts';
import type { CommandRow } from './command-row.ts';
import { balanceCommand } from './commands/balance.ts';
import { runCli } from './main.ts';

const echo = defineCommand({
  usage: 'WORD',
  examples: [{ does: 'Say hello', line: 'fairlead say hello' }],
  flags: { loud: { type: 'boolean', description: 'in capitals' } },
  arguments: { min: 1, max: 1 },
  async run({ args, flags, globals, io }) {
    if (args[0] === 'trouble') throw new CommandError('trouble \u001b[31m came');
    const text = `${args[0]} in ${globals.namespace ?? 'nowhere'}`;
    io.stdout.write(flags.loud === true ? text.toUpperCase() : text);
    return 0;
  },
});
const commands: CommandRow[] = [
  { name: 'say', group: 'about', summary: 'Say a word', load: async () => echo },
  { name: 'talk about', group: 'about', summary: 'Say a word', load: async () => echo },
];

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' };
  const code = await runCli(argv, { commands, io, signal: new AbortController().signal });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

test('a command gets its arguments, flags and the global flags, which may stand before it', async () => {
  assert.deepEqual(await run('-n', 'here', 'say', 'hello', '--loud'), { code: 0, out: 'HELLO IN HERE', err: '' });
  assert.equal((await run('talk', 'about', 'ships')).out, 'ships in nowhere');
});

test('help lists commands, and tells one with examples and all flags', async () => {
  for (const argv of [[], ['--help'], ['-h'], ['help'], ['-n', 'x', '--help']])
    assert.match((await run(...argv)).out, /^ {2}say +Say a word$/m);
  for (const argv of [
    ['talk', '--help'],
    ['help', 'talk'],
  ])
    assert.match((await run(...argv)).out, /^ {2}talk about +Say a word$/m);
  for (const argv of [
    ['say', '--help'],
    ['help', 'say'],
  ]) {
    const { code, out } = await run(...argv);
    assert.equal(code, 0);
    assert.match(out, /fairlead say hello[\s\S]*--loud +in capitals[\s\S]*-n, --namespace NAME/);
  }
});

test('help tells of the global flags that mean something to the command', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' };
  const balance: CommandRow = { name: 'balance', group: 'about', summary: 'Balance', load: async () => balanceCommand };
  assert.equal(await runCli(['balance', '--help'], { commands: [balance], io, signal: AbortSignal.abort() }), 0);
  const help = String(stdout.read());
  for (const flag of ['-s, --server', '--certificate-authority', '--discover-servers', '--kubeconfig'])
    assert.match(help, new RegExp(`^ +${flag}\\b`, 'm'));
  assert.doesNotMatch(help, /--namespace/);
});

test('exit codes: 2 for the command line, 1 for the rest; control characters are escaped', async () => {
  assert.equal((await run('say')).code, 2);
  assert.equal((await run('say', 'a', 'b')).code, 2);
  assert.match((await run('sya')).err, /unknown command "sya" \(did you mean "say"\?\)/);
  assert.match((await run('talk')).err, /"talk" needs a further word; there is: talk about/);
  const failed = await run('say', 'trouble');
  assert.equal(failed.code, 1);
  assert.equal(failed.err, 'error: trouble \\x1b[31m came\n');
});

test('what went wrong comes before what went wrong while it was cleaned up', async () => {
  const stop = new AbortController();
  const leave = defineCommand({
    ...echo,
    async run({ args, signal }) {
      await using cleaning = new AsyncDisposableStack();
      cleaning.defer(() => Promise.reject(new CommandError('the second stays')));
      cleaning.defer(() => Promise.reject(new CommandError('the first stays')));
      if (args[0] === 'stopped') stop.abort();
      signal.throwIfAborted();
      throw new CommandError('it fails');
    },
  });
  const rows: CommandRow[] = [{ name: 'leave', group: 'about', summary: 'Say a word', load: async () => leave }];
  const left = async (word: string) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' };
    const code = await runCli(['leave', word], { commands: rows, io, signal: stop.signal });
    stderr.end();
    return { code, err: await text(stderr) };
  };
  const stays = 'error: the first stays\nerror: the second stays\n';
  assert.deepEqual(await left('here'), { code: 1, err: `error: it fails\n${stays}` });
  assert.deepEqual(await left('stopped'), { code: 130, err: stays });
});

test('what is stopped ends without a word', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' };
  const stop = new AbortController();
  const wait = defineCommand({
    ...echo,
    run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  const rows: CommandRow[] = [{ name: 'wait', group: 'about', summary: 'Say a word', load: async () => wait }];
  const code = runCli(['wait', 'here'], { commands: rows, io, signal: stop.signal });
  setImmediate(() => stop.abort());
  assert.equal(await code, 130);
  assert.equal(stderr.read(), null);
});
