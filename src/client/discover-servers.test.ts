/** Which of the servers that a cluster names join, and what they are told before. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { freePort } from '../../test/free-port.ts';
import { ApiServer } from './api-server.ts';
import type { ClientConfig } from './client-config.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { discoverServers } from './discover-servers.ts';
import { openApiServers } from './open-api-servers.ts';
import { ServerGroup } from './server-group.ts';

const [ours, misnamed, foreign] = [testCertificate(['api.test']), testCertificate(['other.test']), testCertificate()];

interface Discovered extends AsyncDisposable {
  port: number;
  url: string;
  /** `METHOD /path AUTHORIZATION`, in order. */
  requests: string[];
}

interface Behaviour {
  certificate?: typeof ours;
  uid?: string;
  readyz?: number;
  slices?: () => unknown[];
}

async function apiServer({ certificate = ours, uid = 'u1', readyz = 200, slices }: Behaviour): Promise<Discovered> {
  const requests: string[] = [];
  const server = createServer(
    { cert: certificate.cert, key: certificate.key },
    ({ method, url = '', headers }, response) => {
      requests.push(`${method} ${url.replace(/\?.*/, '')} ${headers.authorization ?? '-'}`);
      const known = headers.authorization === 'Bearer secret';
      if (url === '/readyz') response.writeHead(readyz === 401 && known ? 200 : readyz).end();
      else if (url === '/api/v1/namespaces/kube-system') response.end(JSON.stringify({ metadata: { uid } }));
      else if (slices !== undefined) response.end(JSON.stringify({ items: slices() }));
      else response.end('{}');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const slice = (port: number) => ({
  addressType: 'IPv4',
  ports: [{ name: 'https', port }],
  endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
});

test('a server joins that has the right certificate, is ready and of the same cluster; the others get nothing they should not', async () => {
  const gone = await freePort();
  let ports: number[] = [];
  // Every server of the cluster tells of all of them: whichever is the least busy is asked.
  const slices = () => ports.map(slice);
  await using good = await apiServer({ slices });
  await using shy = await apiServer({ readyz: 401, slices });
  await using other = await apiServer({ uid: 'u2' });
  await using unready = await apiServer({ readyz: 500 });
  await using wrongName = await apiServer({ certificate: misnamed });
  await using wrongAuthority = await apiServer({ certificate: foreign });
  ports = [good, shy, other, unready, wrongName, wrongAuthority].map(({ port }) => port).concat(gone);
  await using known = await apiServer({ slices });
  const config: ClientConfig = {
    server: known.url,
    token: 'secret',
    namespace: 'default',
    tls: { ca: `${ours.ca}${misnamed.ca}`, serverName: 'api.test' },
  };
  const stop = new AbortController();
  using _stopped = { [Symbol.dispose]: () => stop.abort() };
  await using servers = new ServerGroup([new ApiServer(known.url, config)], { timing: { firstAfterMs: 3_600_000 } });
  const changes = new Set<() => void>();
  servers.subscribe(() => changes.forEach((look) => void look()));
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (holds()) resolve();
      };
      changes.add(look);
      look();
    });
  const searching = discoverServers({ config, group: servers, signal: stop.signal, intervalMs: 20 });
  const urls = () => new Set(servers.list().map(({ url }) => url));
  await until(() => urls().size === 3);
  assert.deepEqual(urls(), new Set([known.url, good.url, shy.url]));
  assert.deepEqual(good.requests.slice(0, 2), ['GET /readyz -', 'GET /api/v1/namespaces/kube-system Bearer secret']);
  assert.deepEqual(shy.requests.slice(0, 2), ['GET /readyz -', 'GET /readyz Bearer secret']);
  await using client = openClusterClient(config, { servers });
  await Promise.all(Array.from({ length: 30 }, () => client.request({ method: 'GET', path: '/api' })));
  for (const { requests } of [known, good, shy]) assert.ok(requests.includes('GET /api Bearer secret'));

  // The next look leaves out one that is no endpoint any more.
  ports = ports.filter((port) => port !== good.port);
  await until(() => !urls().has(good.url));
  stop.abort();
  await searching;
  const reasons: [Discovered | undefined, RegExp][] = [
    [other, /another cluster/],
    [unready, /\/readyz answers 500/],
    [wrongName, /certificate is for other names/],
    [wrongAuthority, /not signed by the certificate authority/],
    [undefined, /connection refused/],
  ];
  for (const [server, reason] of reasons) {
    assert.match(servers.passedOver.get(server?.url ?? `https://127.0.0.1:${gone}`) ?? '', reason);
  }
  assert.deepEqual([wrongName.requests, wrongAuthority.requests], [[], []]);
  assert.ok(unready.requests.every((line) => line === 'GET /readyz -'));
  assert.ok(!other.requests.some((line) => line.startsWith('GET /api ')));
});

test('nothing is discovered where certificates are not checked', () => {
  const base = { namespace: 'default', discoverServers: true };
  for (const config of [
    { ...base, server: 'http://127.0.0.1:1' },
    { ...base, server: 'https://127.0.0.1:1', tls: { insecureSkipVerify: true } },
  ]) {
    assert.throws(() => openApiServers(config), /only be discovered where their certificates are checked/);
  }
  const mixed = { namespace: 'default', server: 'https://127.0.0.1:1', servers: ['http://127.0.0.1:2'] };
  assert.throws(() => openApiServers(mixed), /all be https or all be http/);
});
