import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';

test('a redirect to another service of the namespace, as pods name it, becomes its name here', async () => {
  const server = createServer((_, response) => response.writeHead(302, { Location: 'http://auth.shop:8081/x' }).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using gateway = await openGatewayFixture();
    const { port } = server.address() as AddressInfo;
    gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: port } }]);
    const location = async (): Promise<string | undefined> =>
      (await gateway.ask('/', { host: 'web.shop.localhost' })).headers.location;
    assert.equal(await location(), 'http://auth.shop:8081/x');
    gateway.cluster.setService('auth', [{ port: 8081 }], []);
    const here = `http://8081.auth.shop.svc.localhost:${gateway.port}/x`;
    while ((await location()) !== here) await new Promise((turn) => setImmediate(turn));
  } finally {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
});
