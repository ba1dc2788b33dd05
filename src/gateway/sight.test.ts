import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../test/free-port.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';
import type { GatewaySight } from './sight.ts';

test('the page sees what is in flight, what is open and what failed, and nothing of what requests carry', async () => {
  const app = createServer((_, response) => response.end('here'));
  const sockets = new WebSocketServer({ server: app });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  await using parts = new AsyncDisposableStack();
  parts.defer(() => {
    for (const socket of sockets.clients) socket.terminate();
    app.closeAllConnections();
    app.close();
  });
  const sights: GatewaySight[] = [];
  await using gateway = await openGatewayFixture({
    page: (sight) => {
      sights.push(sight);
      return () => false;
    },
  });
  const [sight] = sights;
  assert.ok(sight !== undefined);
  gateway.cluster.setService(
    'web',
    [{ port: 80 }],
    [{ name: 'web-1', ports: { 80: (app.address() as AddressInfo).port } }],
  );
  const secret = 'hunter2';
  const headers = { Authorization: `Bearer ${secret}`, Cookie: `s=${secret}` };
  await gateway.ask(`/?token=${secret}`, { host: 'web.shop.localhost', headers });
  await gateway.ask(`/${secret}?token=${secret}`, { host: 'nope.shop.localhost', headers });
  await gateway.ask(`/api//${secret}`, { headers });
  await gateway.ask(`ftp://${secret}/`, { headers });
  const line = new WebSocket(`ws://127.0.0.1:${gateway.port}/`, {
    headers: { Host: `web.shop.localhost:${gateway.port}` },
  });
  await once(line, 'open');
  const { requests, upgraded, inFlight, errors } = sight.activity();
  assert.equal(requests, 5);
  assert.equal(upgraded, 1);
  assert.deepEqual(inFlight, { api: 0, app: 0, tunnel: 0, kubeconfig: 0 });
  assert.deepEqual(
    errors.map(({ where, text }) => `${where}: ${text}`),
    ['app: This target is not served', 'api: This path is not served', 'app: No service "nope" in namespace "shop"'],
  );
  assert.ok(!JSON.stringify(sight.activity()).includes(secret));
  line.terminate();
});

test('a raw connection that fails at its pod is counted and told; one that its client leaves is neither', async () => {
  const echo = createTcpServer((socket) => void socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  await using parts = new AsyncDisposableStack();
  parts.defer(() => void echo.close());
  const sights: GatewaySight[] = [];
  await using gateway = await openGatewayFixture({
    page: (sight) => {
      sights.push(sight);
      return () => false;
    },
  });
  const [sight] = sights;
  assert.ok(sight !== undefined);
  const { port: local } = echo.address() as AddressInfo;
  gateway.cluster.setService('live', [{ port: 5432 }], [{ name: 'live-0', ports: { 5432: local } }]);
  gateway.cluster.setService('gone', [{ port: 5432 }], [{ name: 'gone-0', ports: { 5432: await freePort() } }]);
  const begin = {
    connect: (name: string) => `CONNECT ${name}.shop.svc:5432 HTTP/1.1\r\nHost: ${name}.shop.svc:5432\r\n\r\n`,
    socks: (name: string) => `\x05\x01\0\x05\x01\0\x03\x09${name}.shop\x15\x38`,
  };
  for (const [carrier, head] of Object.entries(begin)) {
    {
      using leaves = await RawClient.open(gateway.port);
      leaves.send(`${head('live')}early`);
      await leaves.until(/early$/);
      leaves.socket.resetAndDestroy();
    }
    using fails = await RawClient.open(gateway.port);
    fails.send(head('gone'));
    assert.equal(await fails.end(), 'reset', carrier);
  }
  const isOver = (): boolean => Object.values(sight.activity().streams).every((open) => open === 0);
  while (!isOver()) await new Promise((turn) => setImmediate(turn));
  const metrics = (await gateway.ask('/.fairlead/metrics')).body;
  for (const carrier of Object.keys(begin)) {
    assert.ok(metrics.includes(`fairlead_gateway_streams_total{carrier="${carrier}"} 2\n`), metrics);
    assert.ok(metrics.includes(`fairlead_gateway_stream_failures_total{carrier="${carrier}"} 1\n`), metrics);
  }
  const told = sight
    .activity()
    .errors.map(({ where, text, count }) => [where, text.replace(/ \d[\d.:]+\./, ' ADDRESS.'), count]);
  const text =
    'A connection to port 5432 of pod "gone-0" in namespace "shop" failed: error forwarding port 5432: connect ECONNREFUSED ADDRESS. See its log with: kubectl logs -n shop gone-0';
  assert.deepEqual(told, [
    ['socks', text, 1],
    ['connect', text, 1],
  ]);
});

test('the name that pages probe is answered, and nothing else is behind it', async () => {
  await using gateway = await openGatewayFixture();
  const probe = await gateway.ask('/api/v1/secrets', { host: 'fairlead-probe.localhost' });
  assert.equal(probe.status, 204);
  assert.equal(probe.body, '');
  for (const host of ['fairlead-probe.localhost.evil.example', 'fairlead-probe', 'x.fairlead-probe.localhost'])
    assert.notEqual((await gateway.ask('/', { host })).status, 204, host);
});
