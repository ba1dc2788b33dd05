import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { entry as program } from '../../../test/fairlead-process.ts';
import { openSmallCluster } from '../../../test/small-cluster.ts';

const word = 'correct horse';
const basic = `Basic ${Buffer.from(`:${word}`).toString('base64')}`;

interface Stage extends AsyncDisposable {
  directory: string;
  server: string;
  start(...flags: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };
}

async function openStage(): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-access-'));
  parts.defer(() => rm(directory, { recursive: true }));
  const { server } = parts.use(await openSmallCluster());
  await writeFile(join(directory, 'password'), `${word}\n`, { mode: 0o600 });
  const running = parts.move();
  return {
    directory,
    server,
    start(...flags) {
      const child = spawn(process.execPath, [program, 'proxy', '--server', server, '--port', '0', ...flags], {
        env: { PATH: process.env.PATH, HOME: directory },
        cwd: directory,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.defer(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill();
        await once(child, 'exit');
      });
      return child;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Waits for a line that fits. */
async function line(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  for await (const each of createInterface({ input: stream })) {
    const found = pattern.exec(each)?.[1];
    if (found === undefined) continue;
    stream.resume();
    return found;
  }
  throw new Error(`ended without ${pattern}`);
}

interface Answer {
  status: number;
  cookie: string;
  body: string;
}

function ask(url: string, { ca, ...headers }: Record<string, string> = {}): Promise<Answer> {
  const ask = url.startsWith('https:') ? requestTls : request;
  return new Promise((settle, reject) => {
    const asked = ask(url, { agent: false, headers, ...(ca && { ca }) }, (response) => {
      const { statusCode: status = 0, headers: received } = response;
      const cookie = received['set-cookie']?.[0]?.split(';')[0] ?? '';
      text(response).then((body) => settle({ status, cookie, body }), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('--auth prints a link that signs in once', async () => {
  await using stage = await openStage();
  const child = stage.start('--auth');
  const link = await line(child.stdout, /^To sign in one browser, once: (\S+)$/);
  const api = new URL('/api', link).href;
  assert.equal((await ask(api)).status, 401);
  const { status, cookie } = await ask(link);
  assert.equal(status, 303);
  assert.equal((await ask(api, { Cookie: cookie })).status, 200);
  assert.equal((await ask(link)).status, 403);
});

/** What `fairlead env` says where it prints nothing. */
async function complaintOfEnv({ directory }: Stage, url: string): Promise<string> {
  const env = spawn(process.execPath, [program, 'env', '--port', new URL(url).port], {
    env: { PATH: process.env.PATH, HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, said] = await Promise.all([text(env.stdout), text(env.stderr)]);
  assert.equal(printed, '');
  return said;
}

test('--password-file lets in who has the password, with --tls by TLS of an authority that is told', async () => {
  await using stage = await openStage();
  const plain = stage.start('--password-file', 'password');
  const url = await line(plain.stdout, /^Every service, one click away: (\S+)$/);
  assert.equal((await ask(`${url}api`)).status, 401);
  assert.equal((await ask(`${url}api`, { Authorization: basic })).status, 200);
  assert.match(await complaintOfEnv(stage, url), /lets in only who signed in/);

  const secure = stage.start('--password-file', 'password', '--tls', '--address', '127.0.0.1');
  const [file, at] = await Promise.all([
    line(secure.stderr, /trust the authority in (\S+) /),
    line(secure.stdout, /^Every service, one click away: (https:\S+)$/),
  ]);
  assert.match(await complaintOfEnv(stage, at), /speaks TLS, /);
  const ca = await readFile(file, 'utf8');
  assert.equal((await ask(`${at}api`, { ca })).status, 401);
  assert.equal((await ask(`${at}api`, { ca, Authorization: basic })).status, 200);
});

test('what does not go together is said', async () => {
  await using stage = await openStage();
  await writeFile(join(stage.directory, 'open'), `${word}\n`, { mode: 0o644 });
  for (const [flags, code, words] of [
    [['--password-file', 'open'], 1, /Others may read the password.*chmod 600/],
    [['--password-file', 'none'], 1, /password file cannot be read/],
    [['--tls-cert', 'x'], 2, /--tls-cert and --tls-key belong together/],
    [['--tls-cert', 'password', '--tls-key', 'password'], 1, /no certificate with its key/],
    [['--port', '8001', '--unix-socket', 'sock', '--auth'], 2, /--auth is for browsers, .*unix socket/],
    [
      ['--forward', 't/a=15555', '--forward', 't/b=15555'],
      2,
      /"t\/b=15555" asks for port 15555, which --forward "t\/a=15555" has/,
    ],
    [
      ['--port', '15556', '--forward', 't/a=15556'],
      2,
      /"t\/a=15556" asks for port 15556, which the gateway itself \(--port\) has/,
    ],
    [['--domain', 'nodots'], 2, /invalid --domain "nodots"/],
    [['--domain', 'a.localhost'], 2, /names of localhost are served anyway/],
    [['--address', '0.0.0.0'], 1, /Others reach 0\.0\.0\.0/],
    [['--address', '0.0.0.0', '--auth'], 1, /Others reach 0\.0\.0\.0/],
    [['--address', '0.0.0.0', '--tls'], 1, /Others reach 0\.0\.0\.0/],
    [['--address', '0.0.0.0', '--password-file', 'password', '--tls=false'], 2, /in clear text over the network/],
  ] as const) {
    const child = stage.start(...flags);
    const said = await text(child.stderr);
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, code, `${flags.join(' ')}: ${said}`);
    assert.match(said, words);
    assert.ok(!said.includes(word));
  }
});

test('what a flag left open is told as it can be used', async () => {
  await using stage = await openStage();
  const proxy = stage.start('--metrics-address', '127.0.0.1:0');
  const port = await line(proxy.stdout, /^Metrics on port (\d+)$/);
  assert.match((await ask(`http://127.0.0.1:${port}/metrics`)).body, /^# HELP fairlead_gateway/);
  const other = stage.start('--kubeconfig-out', 'my file');
  assert.equal(await line(other.stdout, /^For kubectl and others: (.*)$/), "export KUBECONFIG='my file'");
});
