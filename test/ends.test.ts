/** How commands end that do not come to their own end: stopped, unheard, out of time, or with nowhere to write to. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { answerJson, scriptedServer } from '../src/client/scripted-server.ts';
import { terminalObstacle } from '../src/node/terminal/binding.ts';
import { entry, Home, RunningFairlead } from './fairlead-process.ts';
import { Seat } from './peers/seat.ts';

let home: Home;
let running: RunningFairlead;
before(async () => {
  home = await Home.make();
  running = await RunningFairlead.up(home, '--data=:memory:');
  for (const name of ['one', 'two'])
    assert.equal((await home.fairlead('run', name, '--image=fairlead.local/echo', '--labels=app=still')).code, 0);
  const ready = await home.fairlead('wait', 'pods', '-l', 'app=still', '--for=condition=Ready', '--timeout=20s');
  assert.equal(ready.code, 0, ready.stderr);
});
after(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

/** Ends it as soon as it has asked the server something, printed something or read its standard input. */
async function stopped(signal: 'SIGINT' | 'SIGTERM', line: string): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [entry, ...line.split(' '), '-v=6'], {
    // Without a home nothing is kept from one run to the next, so that the server is asked.
    env: { ...home.env, HOME: undefined },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (piece: string) => said.push(piece));
  const begun = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) stream.once('data', () => begun.resolve());
  // More than a pipe holds: it was read.
  if (line.endsWith(' -')) child.stdin.write(' '.repeat(1 << 20), () => begun.resolve());
  await begun.promise;
  child.stdin.on('error', () => {});
  child.kill(signal);
  const [code] = await once(child, 'close');
  return { code, stderr: said.join('').replaceAll(/^GET .*\n/gm, '') };
}

test('Ctrl-C ends with 130 and SIGTERM with 143, without a word', async () => {
  for (const line of [
    'get pods -w',
    'get pods -w -o name',
    'events --watch',
    'logs pod/one -f',
    'wait pod/one --for=delete --timeout=20s',
    'apply -f -',
    'delete -f -',
  ]) {
    assert.deepEqual({ line, ...(await stopped('SIGINT', line)) }, { line, code: 130, stderr: '' });
    assert.deepEqual({ line, ...(await stopped('SIGTERM', line)) }, { line, code: 143, stderr: '' });
  }
});

test('output that cannot be written is one sentence', { skip: process.platform !== 'linux' }, async () => {
  for (const line of ['get pods', 'get pods -o json', 'logs one', 'exec one -- echo a']) {
    const script = `"$0" "$@" >/dev/full`;
    const { code, stderr } = await home.run('sh', ['-c', script, process.execPath, entry, ...line.split(' ')]);
    assert.equal(code, 1, line);
    assert.equal(
      stderr,
      'error: cannot write to standard output: no space is left on the device; what was to follow is lost\n',
    );
  }
});

test('nothing is said to whom nobody listens any more', async () => {
  const child = spawn(process.execPath, [entry, 'exec', 'one', '--', 'seq', '1', '1000000'], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = text(child.stderr);
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  assert.equal(await told, '');
  assert.equal(code, 141);
});

test('a command that is not in the container is no answer of the server', async () => {
  const { code, stderr } = await home.fairlead('exec', 'one', '--', 'nosuchcmd');
  assert.equal(code, 1);
  assert.match(stderr, /^error: Internal error occurred: .*"nosuchcmd": executable file not found in \$PATH\n$/);
});

test('a wait names each object that did not become what was waited for', async () => {
  const path = '{.status.nosuch}';
  const late = await home.fairlead('wait', 'pods', '-l', 'app=still', `--for=jsonpath=${path}=x`, '--timeout=500ms');
  const line = (name: string) => `error: timed out waiting for the condition on pods/${name}: "${path}" is not there\n`;
  assert.deepEqual([late.code, late.stderr], [1, line('one') + line('two')]);
  const some = await home.fairlead('wait', 'pod/on', 'pod/two', '--for=condition=Ready');
  assert.deepEqual(
    [some.code, some.stdout, some.stderr],
    [1, 'pod/two condition met\n', 'Error from server (NotFound): pods "on" not found\ndid you mean "one"?\n'],
  );
});

test('a time that is longer than a timer can wait is waited for all the same', async () => {
  assert.equal((await home.fairlead('create', 'cm', 'late')).code, 0);
  const wait = home.fairlead('wait', 'cm/late', '--for=jsonpath={.data.a}=b', '--timeout=1000h');
  // Time in which the first look finds it unmet.
  await home.fairlead('wait', 'cm/late', '--for=jsonpath={.data.a}=b', '--timeout=500ms');
  const filled = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"},"data":{"a":"b"}}';
  assert.equal((await home.runFairlead(['apply', '--server-side', '-f', '-'], filled)).code, 0);
  const { code, stdout, stderr } = await wait;
  assert.deepEqual([code, stdout, stderr], [0, 'configmap/late condition met\n', '']);
  const gone = await home.fairlead('delete', 'cm', 'late', '--timeout=1000h');
  assert.deepEqual([gone.code, gone.stderr], [0, '']);
});

test('--request-timeout ends what would go on: a watch has told what it could, a log is not whole', async () => {
  const ended = async (line: string) => {
    const { code, stdout, stderr } = await home.fairlead(...line.split(' '), '--request-timeout=3s');
    return { line, code, stderr, tells: stdout !== '' };
  };
  const lines = ['get pods -w', 'get pod one -w -o name', 'events -w'];
  const [log, ...watches] = await Promise.all(['logs one -f', ...lines].map(ended));
  assert.deepEqual(
    watches,
    lines.map((line) => ({ line, code: 0, stderr: '', tells: true })),
  );
  const stderr = 'error: the log of pod/one had not ended after 3 s, the limit that --request-timeout sets\n';
  assert.deepEqual(log, { line: 'logs one -f', code: 1, stderr, tells: true });
  const long = await home.fairlead('get', 'pods', '--request-timeout=10000h');
  assert.deepEqual([long.code, long.stderr], [0, '']);
});

test('--request-timeout counts until the whole of an answer is there', async () => {
  await using server = await scriptedServer((request, response) => {
    if (request.url?.startsWith('/api') === true) response.writeHead(200).write('{');
    else answerJson(response, 404, {});
  });
  const flags = ['-s', server.config.server, '--request-timeout=1s'];
  for (const line of ['get pods', 'get --raw /api/v1/pods', 'describe pods']) {
    const { code, stderr } = await home.fairlead(...line.split(' '), ...flags);
    assert.equal(code, 1, line);
    assert.match(stderr, /^Error from server \(Timeout\): .* did not answer within 1 s/, line);
  }
});

test('a question before a deletion is answered by the end of the input, too', async () => {
  const asked = 'You are about to delete the following 1 resource(s):\npod/one\nDo you want to continue? (y/N): ';
  for (const [input, answer] of [
    ['', 'deletion is cancelled\n'],
    ['n', 'deletion is cancelled\n'],
    ['y', 'pod "one" deleted from default namespace (dry run)\n'],
    ['y\n', 'pod "one" deleted from default namespace (dry run)\n'],
  ] as const) {
    const done = await home.runFairlead(['delete', 'pod', 'one', '-i', '--dry-run=client'], input);
    assert.deepEqual({ input, ...done }, { input, code: 0, stdout: asked + answer, stderr: '' });
  }
});

test('Ctrl-C at a question before a deletion stops the command', { skip: terminalObstacle() ?? false }, async () => {
  const command = [process.execPath, entry, 'delete', 'pod', 'one', '-i', '--dry-run=client'];
  const size = { columns: 100, rows: 30 };
  await using seat = await Seat.take(command, { env: home.env, directory: home.directory, size });
  await seat.sees(/continue\? \(y\/N\): /);
  seat.type('\x03');
  assert.equal(await seat.end(), 130);
});

test('a refusal that ends with a line end of its own is one line', async () => {
  await using server = await scriptedServer((_, response) => {
    const refusal = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 400, reason: 'BadRequest' };
    answerJson(response, 400, { ...refusal, message: 'previous terminated container "one" not found\n' });
  });
  const { code, stderr } = await home.fairlead('logs', 'one', '-p', '-s', server.config.server);
  const line = 'Error from server (BadRequest): previous terminated container "one" not found\n';
  assert.deepEqual([code, stderr], [1, line]);
});
