import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';

async function openApp() {
  const server = createServer((request, response) => response.end(`app ${request.headers.host}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serve(gateway: GatewayFixture, port: number, ready = true): void {
  const pods = [{ name: 'web-1', ports: { 8080: port }, ready }];
  gateway.cluster.setService('web', [{ port: 80, targetPort: 8080 }], pods, { selector: { app: 'web' } });
}

const host = 'web.shop.localhost';

for (const [rights, forbidden] of [
  ['to get and list, not to watch', ['watch']],
  ['to get only services and slices by selector', ['watch', 'list services']],
  ['to see services and pods, no slices', ['watch', 'endpointslices']],
  ['to see services and pods, no slices, watching what may be', ['endpointslices']],
  ['to list pods, nothing else', ['services', 'endpointslices', 'watch', 'get']],
] as const) {
  test(`a user with the right ${rights} reaches an application`, async () => {
    using app = await openApp();
    await using gateway = await openGatewayFixture();
    serve(gateway, app.port);
    for (const each of forbidden) gateway.cluster.forbidden.add(each);
    for (let i = 0; i < 3; i++) {
      const answer = await gateway.ask('/', { host });
      assert.equal(answer.status, 200, answer.body);
      assert.match(answer.body, /^app web\.shop/);
    }
    // One question for many requests.
    const asked = gateway.cluster.requests.filter(({ line }) => /\/pods\?|\/services\/web/.test(line)).length;
    assert.ok(asked <= 2, `${asked} questions`);
    const pod = await gateway.ask('/', { host: 'web-1.shop.pod.localhost' });
    assert.equal(pod.status, 200, pod.body);
  });
}

test('where services are told from pods, readiness counts and what is not there is said', async () => {
  using app = await openApp();
  await using gateway = await openGatewayFixture();
  serve(gateway, app.port, false);
  gateway.cluster.forbidden.add('endpointslices').add('watch');
  const answer = await gateway.ask('/', { host });
  assert.equal(answer.status, 503);
  assert.match(answer.body, /no ready pod.*Not ready: web-1/);
  gateway.cluster.forbidden.add('services');
  assert.match((await gateway.ask('/', { host: 'other.shop.localhost' })).body, /No service .*other/);
});
