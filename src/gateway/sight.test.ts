import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
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

test('the name that pages probe is answered, and nothing else is behind it', async () => {
  await using gateway = await openGatewayFixture();
  const probe = await gateway.ask('/api/v1/secrets', { host: 'fairlead-probe.localhost' });
  assert.equal(probe.status, 204);
  assert.equal(probe.body, '');
  for (const host of ['fairlead-probe.localhost.evil.example', 'fairlead-probe', 'x.fairlead-probe.localhost'])
    assert.notEqual((await gateway.ask('/', { host })).status, 204, host);
});
