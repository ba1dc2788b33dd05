import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Container } from '../../api/types/core-v1.ts';
import type { ExecLaunch, RunningContainer } from '../runtime/runtime.ts';
import { attempt } from './attempt.ts';
import { runProbes } from './prober.ts';

const never = new AbortController().signal;

/** A container that is only asked; `exec` ends with the code that its command names. */
const running: RunningContainer = {
  id: 'id',
  pid: 0,
  startedAt: new Date(0),
  exited: new Promise(() => {}),
  kill: () => {},
  attach: async () => 'ended',
  exec: async ({ argv, stdout }: ExecLaunch) => {
    stdout?.write('said this');
    return { exitCode: Number(argv[0]) };
  },
};

async function serve(t: TestContext, answer: (path: string) => number | string): Promise<number> {
  const server = createServer((request, response) => {
    const result = answer(request.url ?? '');
    if (typeof result === 'number') response.writeHead(result).end('body');
    else response.writeHead(302, { Location: result }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function context(container: Partial<Container> = {}, signal = never) {
  return { container: { name: 'c', ...container }, running, podIP: '127.0.0.1', signal };
}

test('httpGet: status decides, ports go by name, redirects on the same host are followed', async (t) => {
  const port = await serve(t, (path) =>
    path === '/ok' ? 204 : path === '/moved' ? '/ok' : path === '/away' ? 'http://other/' : 503,
  );
  const named = { ports: [{ name: 'web', containerPort: port }] };
  const get = (path: string) => attempt({ httpGet: { path, port: 'web' } }, context(named));
  assert.deepEqual(await get('/ok'), { ok: true, message: '' });
  assert.deepEqual(await get('/moved'), { ok: true, message: '' });
  assert.deepEqual(await get('/away'), { ok: true, message: '' });
  assert.deepEqual(await get('/x'), { ok: false, message: 'HTTP probe failed with statuscode: 503' });
  assert.match((await attempt({ httpGet: { port: 'none' } }, context(named))).message, /couldn't find port: none/);
});

test('tcpSocket and exec', async (t) => {
  const port = await serve(t, () => 200);
  assert.equal((await attempt({ tcpSocket: { port } }, context())).ok, true);
  assert.match(
    (await attempt({ tcpSocket: { port: 1 } }, context())).message,
    /^dial tcp 127.0.0.1:1: connect: connection refused$/,
  );
  const refused = await attempt({ httpGet: { port: 1 } }, context());
  assert.equal(refused.message, 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused');
  const schemesOwn = await attempt({ httpGet: { port: 80, host: '127.0.0.77', path: '/x?y' } }, context());
  assert.equal(
    schemesOwn.message,
    'Get "http://127.0.0.77:80/x?y": dial tcp 127.0.0.77:80: connect: connection refused',
  );
  const encrypted = await attempt({ httpGet: { port: 443, host: '::ffff:127.0.0.77', scheme: 'HTTPS' } }, context());
  assert.match(encrypted.message, /^Get "https:\/\/\[::ffff:7f00:4d\]:443\/": /);
  const plain = await attempt({ httpGet: { port, scheme: 'HTTPS' } }, context());
  assert.match(plain.message, /: http: server gave HTTP response to HTTPS client$/);
  assert.deepEqual(await attempt({ exec: { command: ['0'] } }, context()), { ok: true, message: 'said this' });
  assert.deepEqual(await attempt({ exec: { command: ['1'] } }, context()), { ok: false, message: 'said this' });
});

test('a probe that takes too long has failed', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const result = await attempt({ httpGet: { port } }, context({}, AbortSignal.timeout(30)));
  assert.equal(result.ok, false);
});

test('thresholds: ready after a success, unhealthy after failures in a row', async () => {
  const told: string[] = [];
  const over = new AbortController();
  let code = 0;
  const flapping: RunningContainer = {
    ...running,
    exec: async () => {
      code += 1;
      // Succeeds, fails once, succeeds, then fails for good.
      return { exitCode: [0, 1, 0, 1, 1][code - 1] ?? 1 };
    },
  };
  await runProbes({
    container: { name: 'c', livenessProbe: { exec: { command: ['x'] }, periodSeconds: 0.001, failureThreshold: 2 } },
    startupProbe: undefined,
    running: flapping,
    podIP: '127.0.0.1',
    signal: over.signal,
    onStarted: () => told.push('started'),
    onReady: (ready) => told.push(`ready ${ready}`),
    onUnhealthy: (probe) => told.push(`unhealthy ${probe}`),
    onFailure: (probe) => told.push(`failed ${probe}`),
  });
  assert.deepEqual(told, [
    'started',
    'ready true',
    'failed liveness',
    'failed liveness',
    'failed liveness',
    'unhealthy liveness',
  ]);
});

test('nothing counts as started or ready before the startup probe', async () => {
  const told: string[] = [];
  const over = new AbortController();
  let asked = 0;
  const slow: RunningContainer = {
    ...running,
    exec: async () => {
      asked += 1;
      return { exitCode: asked < 3 ? 1 : 0 };
    },
  };
  const probe = { exec: { command: ['x'] }, periodSeconds: 0.001, failureThreshold: 5 };
  await runProbes({
    container: { name: 'c', readinessProbe: probe },
    startupProbe: probe,
    running: slow,
    podIP: '127.0.0.1',
    signal: over.signal,
    onStarted: () => told.push('started'),
    onReady: (ready) => {
      told.push(`ready ${ready}`);
      over.abort();
    },
    onUnhealthy: () => told.push('unhealthy'),
    onFailure: (name) => told.push(`failed ${name}`),
  });
  assert.deepEqual(told, ['failed startup', 'failed startup', 'started', 'ready true']);
});
