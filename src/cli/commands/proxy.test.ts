import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { entry as program } from '../../../test/fairlead-process.ts';
import { RawClient } from '../../../test/raw-sockets.ts';
import { openSmallCluster } from '../../../test/small-cluster.ts';

interface Running extends AsyncDisposable {
  child: ChildProcess;
  directory: string;
  /** What it printed when it was ready. */
  lines: string[];
  port: number;
  /** What it says on stderr, from its start on. */
  errors: AsyncIterator<string>;
}

function run(args: readonly string[], home: string): ChildProcess {
  return spawn(process.execPath, [program, 'proxy', ...args], {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** `limit` kills it, which ends whatever waits for it. */
async function startProxy(server: string, limit?: AbortSignal, ...flags: readonly string[]): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-proxy-'));
  const child = run(['--server', server, '--token', 'from-flag', '--port', '0', ...flags], directory);
  limit?.addEventListener('abort', () => child.kill('SIGKILL'));
  assert.ok(child.stderr !== null);
  const errors = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  let printed = '';
  while (printed.split('\n').length < 3 && child.stdout !== null) printed += (await once(child.stdout, 'data'))[0];
  const lines = printed.trim().split('\n');
  return {
    child,
    directory,
    lines,
    errors,
    port: Number(/:(\d+)$/.exec(lines[0] ?? '')?.[1]),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

test("proxy prints kubectl's line and the page, serves both, and drains on SIGTERM", async () => {
  await using cluster = await openSmallCluster();
  await using proxy = await startProxy(cluster.server);
  const { port } = proxy;
  assert.deepEqual(proxy.lines, [
    `Starting to serve on 127.0.0.1:${port}`,
    `Every service, one click away: http://localhost:${port}/`,
  ]);
  using api = await RawClient.open(port);
  api.send(`GET /api HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  await api.until(/"authorization":"Bearer from-flag"/);
  using page = await RawClient.open(port);
  page.send(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: text/html\r\n\r\n`);
  await page.until(/<!doctype html>/i);
  proxy.child.kill('SIGTERM');
  const [code] = await once(proxy.child, 'exit');
  assert.equal(code, 0);
  assert.equal(await api.end(), 'end');
});

test('what is wrong with the API server is said once, and the proxy serves on', { timeout: 20_000 }, async ({
  signal,
}) => {
  const server = createServer((_, response) => response.writeHead(401).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const warnsAndServes = async (warning: RegExp, status: number): Promise<void> => {
    await using proxy = await startProxy(url, signal);
    assert.match((await proxy.errors.next()).value, warning);
    using client = await RawClient.open(proxy.port);
    client.send(`GET /api HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`);
    await client.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    proxy.child.kill('SIGTERM');
    // Nothing else is said until it ends.
    assert.equal((await proxy.errors.next()).done, true);
    if (proxy.child.exitCode === null) await once(proxy.child, 'exit');
    assert.equal(proxy.child.exitCode, 0);
  };
  try {
    await warnsAndServes(/^warning: the API server does not know who you are \(401 Unauthorized\)/, 401);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  const nothing = `^warning: Cannot talk to the API server ${url}: nothing listens there \\(connection refused\\)`;
  await warnsAndServes(new RegExp(nothing), 502);
});

test('a server that answers is not spoken of', { timeout: 20_000 }, async ({ signal }) => {
  await using cluster = await openSmallCluster();
  await using proxy = await startProxy(cluster.server, signal);
  while (!cluster.requests.some(({ line }) => line === 'GET /version')) {
    using client = await RawClient.open(proxy.port);
    client.send(`GET /api HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 200 /);
  }
  proxy.child.kill('SIGTERM');
  assert.equal((await proxy.errors.next()).done, true);
});

test('without the filter its flags do nothing, as with kubectl, and that is said', { timeout: 20_000 }, async ({
  signal,
}) => {
  await using cluster = await openSmallCluster();
  await using proxy = await startProxy(
    cluster.server,
    signal,
    '--disable-filter',
    '--reject-methods=GET',
    '--accept-hosts=x',
  );
  assert.match((await proxy.errors.next()).value, /^The filter is off \(--disable-filter\)/);
  assert.match((await proxy.errors.next()).value, /nothing is kept back by --accept-hosts, --reject-methods: /);
  using client = await RawClient.open(proxy.port);
  client.send(`GET /api HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`);
  await client.until(/^HTTP\/1\.1 200 /);
});

test('a port in use is one sentence and exit code 1; a port that is none is a usage error', async () => {
  await using cluster = await openSmallCluster();
  await using proxy = await startProxy(cluster.server);
  for (const [port, code, says] of [
    [String(proxy.port), 1, new RegExp(`^error: Port ${proxy.port} is in use on 127\\.0\\.0\\.1: .*\n$`)],
    ['70000', 2, /^error: invalid --port 70000/],
  ] as const) {
    const second = run(['--server', cluster.server, '--port', port], proxy.directory);
    assert.ok(second.stderr !== null);
    const [printed, [exit]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
    assert.equal(exit, code);
    assert.match(printed, says);
  }
});

test('a client that hangs does not keep it from stopping', async () => {
  await using cluster = await openSmallCluster();
  await using proxy = await startProxy(cluster.server);
  const silent = connect(proxy.port, '127.0.0.1');
  await once(silent, 'connect');
  silent.on('error', () => {});
  silent.write('GET');
  proxy.child.kill('SIGINT');
  const [code] = await once(proxy.child, 'exit');
  assert.equal(code, 0);
  silent.destroy();
});
