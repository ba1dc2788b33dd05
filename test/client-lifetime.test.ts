/** How long a client keeps its process: as long as something is under way, disposed or not. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { ClientConfig } from 'fairlead/client';
import { startCluster, type TestCluster } from 'fairlead/testing';
import { testCertificate } from './certificate.ts';
import { serveForwards } from './forward-server.ts';
import { connectProxy, listening } from './proxy-servers.ts';
import { openUpgradeServer } from './upgrade-server.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster({ nodes: 0 });
});
after(() => cluster[Symbol.asyncDispose]());

/** A client that nobody disposes. Its timer fires only if something else keeps the process, for less than idle connections live. */
const begin = `
  import { connect } from ${JSON.stringify(import.meta.resolve('fairlead/client'))};
  setTimeout(() => process.exit(1), 30_000).unref();
  const cluster = await connect({ config: JSON.parse(process.argv[1]) });
  const maps = cluster.resource('v1', 'ConfigMap');
  await Promise.all([maps.list().toArray(), maps.list().toArray()]);
`;

function run(program: string, config: ClientConfig, first = begin) {
  const args = ['--input-type=module', '-e', first + program, JSON.stringify(config)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('idle connections do not keep the process, whichever way they lead', async () => {
  const { config } = cluster;
  const api = Number(new URL(cluster.apiUrl).port);
  const { cert, key } = testCertificate();
  await using http = await listening(createServer(connectProxy(api, [])));
  await using https = await listening(createTlsServer({ cert, key }, connectProxy(api, [])));
  const configs: Record<string, ClientConfig> = {
    direct: config,
    'one of several': { ...config, servers: [config.server] },
    'through a proxy': { ...config, proxy: { protocol: 'http', host: '127.0.0.1', port: http.port } },
    'TLS in TLS': {
      ...config,
      tls: { ...config.tls, insecureSkipVerify: true },
      proxy: { protocol: 'https', host: '127.0.0.1', port: https.port },
    },
  };
  for (const [way, each] of Object.entries(configs)) {
    const child = run('', each);
    const [code] = await once(child, 'close');
    assert.equal(code, 0, way);
  }
});

test('what is under way on a connection that was idle before keeps it', async () => {
  const program = `
    const { metadata } = await maps.list().page();
    const watch = maps.watch({ namespace: 'default', resourceVersion: metadata.resourceVersion });
    process.stdout.write('watches\\n');
    for await (const { object } of watch) if (object.metadata.name === 'awaited') break;
    process.stdout.write('saw it\\n');
  `;
  const child = run(program, cluster.config);
  await once(child.stdout, 'readable');
  // Longer than an idle process takes to end.
  await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, 500))]);
  const metadata = { name: 'awaited', namespace: 'default' };
  await cluster.client.resource('v1', 'ConfigMap').create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  assert.equal(await text(child.stdout), 'watches\nsaw it\n');
  if (child.exitCode === null) await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});

test('a port-forward keeps it only while it has connections', async () => {
  await using server = await openUpgradeServer((request, socket) => {
    const served = serveForwards(request, socket, (_port, data, errors) => {
      errors.end();
      // Longer than an idle process takes to end.
      data.once('data', () => setTimeout(() => data.end('answered\n'), 500));
    });
    return served !== undefined;
  });
  // The transport is kept for the next connection for longer than this timer.
  const connects = `
    import { connect } from ${JSON.stringify(import.meta.resolve('fairlead/client'))};
    setTimeout(() => process.exit(1), 10_000).unref();
    const pod = (await connect({ config: JSON.parse(process.argv[1]) })).pod('n', 'p');
  `;
  const program = `
    for (const _ of [1, 2]) {
      const stream = await pod.portForward(80);
      stream.end('asked');
      for await (const chunk of stream) process.stdout.write(chunk);
    }
  `;
  const child = run(program, { server: server.client.servers.list()[0]?.url ?? '', namespace: 'n' }, connects);
  const ended = once(child, 'exit');
  assert.equal(await text(child.stdout), 'answered\nanswered\n');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(server.asked.length, 1);
});
