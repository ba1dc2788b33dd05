/** What waits for a cluster that is away is there when it comes back, though no connection keeps its process alive meanwhile. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { Home, RunningFairlead } from './fairlead-process.ts';
import { CuttableLine } from './reach/cuttable-line.ts';
import { Running } from './reach/running-command.ts';

let home: Home;
let cluster: RunningFairlead;
before(async () => {
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--image=shell=/bin/sh');
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const lines = new Set<CuttableLine>();
after(async () => {
  for (const line of lines) await line.cut();
});

async function openLine(port = 0): Promise<CuttableLine> {
  const line = await CuttableLine.open(Number(new URL(cluster.apiUrl).port), port);
  lines.add(line);
  return line;
}

async function cut(line: CuttableLine): Promise<void> {
  lines.delete(line);
  await line.cut();
}

async function fairlead(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await home.fairlead(...args);
  assert.equal(code, 0, stderr);
}

/** A program of the library whose API server is at the end of the line; its lines, and its exit code. */
async function startProgram(args: readonly string[], { port }: CuttableLine) {
  const kubeconfig = join(home.directory, `line-${port}`);
  const config = parse(await readFile(home.kubeconfig, 'utf8'));
  config.clusters[0].cluster.server = `https://127.0.0.1:${port}`;
  await writeFile(kubeconfig, JSON.stringify(config));
  const child = spawn(process.execPath, args, {
    env: { ...home.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const said: string[] = [];
  let arrived = Promise.withResolvers<void>();
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => {
      said.push(line);
      arrived.resolve();
      arrived = Promise.withResolvers();
    });
  return {
    async line(pattern: RegExp): Promise<void> {
      while (!said.some((line) => pattern.test(line))) {
        const ended = exited.then(([code]) => assert.fail(`it ended with ${code}: ${said.join('\n')}`));
        await Promise.race([arrived.promise, ended]);
      }
    },
    async stop(): Promise<unknown> {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

test('logs -f goes on when its server is back, and Ctrl-C ends it while that is away', async () => {
  const script = 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done';
  await fairlead('run', 'clock', '--image=shell', '--', '-c', script);
  await fairlead('wait', 'pod/clock', '--for=condition=Ready', '--timeout=20s');
  let line = await openLine();
  await using logs = await Running.start(home, ['logs', '-f', 'clock', `--server=https://127.0.0.1:${line.port}`]);
  await logs.stdoutLine(/^tick 1$/);
  await cut(line);
  await logs.stderrLine(/connecting again/);
  line = await openLine(line.port);
  await logs.stderrLine(/goes on where it broke off/);
  await cut(line);
  assert.equal(await logs.interrupt(), 130);
});

test('logs -f waits for a server that was stopped in good order, and says so', async () => {
  await using own = await Home.make();
  await using stopped = await RunningFairlead.up(own, '--data=:memory:', '--image=shell=/bin/sh');
  const run = await own.fairlead('run', 'one', '--image=shell', '--', '-c', 'echo begun; sleep 600');
  assert.equal(run.code, 0, run.stderr);
  await using logs = await Running.start(own, ['logs', '-f', 'one']);
  await logs.stdoutLine(/^begun$/);
  await stopped.stop();
  await logs.stderrLine(/^The log broke off \(.*\); connecting again\.$/);
  assert.equal(await logs.interrupt(), 130);
});

test('ls --watch tells what changed while its server was away', async () => {
  let line = await openLine();
  await using ls = await Running.start(home, ['ls', '--watch', `--server=https://127.0.0.1:${line.port}`]);
  await ls.stdoutLine(/kubernetes/);
  await cut(line);
  await ls.stderrLine(/Cannot talk to the API server/);
  await fairlead('create', 'service', 'clusterip', 'later', '--tcp=80');
  line = await openLine(line.port);
  await ls.stdoutLine(/later/);
  await cut(line);
  assert.equal(await ls.interrupt(), 0);
});

test('a program that does nothing but watch outlives its server', async () => {
  let line = await openLine();
  const code = `import { connect } from ${JSON.stringify(import.meta.resolve('fairlead/client'))};
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
try {
  await using cluster = await connect();
  const options = { namespace: 'default', signal: stop.signal, onError: () => console.log('away') };
  for await (const { type, object } of cluster.resource('v1', 'ConfigMap').watch(options)) console.log(type, object.metadata.name);
} catch (error) {
  if (error !== stop.signal.reason) throw error;
}`;
  await using program = await startProgram(['--input-type=module', '-e', code], line);
  await program.line(/^ADDED kube-root-ca/);
  await cut(line);
  await program.line(/^away$/);
  await fairlead('create', 'configmap', 'later');
  line = await openLine(line.port);
  await program.line(/^ADDED later$/);
  await cut(line);
  assert.equal(await program.stop(), 0, 'its signal ends it at once');
});

test('an operator waits for a server that is away at its start, and leads when it is there', async () => {
  let line = await openLine();
  await cut(line);
  const main = resolve(import.meta.dirname, '../examples/operator/main.ts');
  await using operator = await startProgram([main], line);
  // It has failed by then.
  await operator.line(/^trying again: .*Cannot talk to the API server/);
  line = await openLine(line.port);
  await operator.line(/ leads$/);
  await cut(line);
  assert.equal(await operator.stop(), 0);
});
