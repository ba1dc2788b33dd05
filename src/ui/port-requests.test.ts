import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { Password } from '../gateway/access/password.ts';

const own = (port: number): Record<string, string> => ({
  Origin: `http://localhost:${port}`,
  'Sec-Fetch-Site': 'same-origin',
  'X-Fairlead-Page': '1',
});

/** Says who it is and hangs up. */
async function openProgram(words: string) {
  const server = createServer((socket) => socket.end(words));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('the page opens a local port that leads to a service, and closes it again', async () => {
  await using program = await openProgram('database');
  await using gateway = await openGatewayFixture({ withPage: true });
  gateway.cluster.setService('db', [{ port: 5432 }], [{ name: 'db-0', ports: { 5432: program.port } }]);
  const headers = own(gateway.port);
  const opened = await gateway.ask('/.fairlead/ports?to=shop/db:5432', { method: 'POST', headers });
  assert.equal(opened.status, 201, opened.body);
  const { to, port } = JSON.parse(opened.body) as { to: string; port: number };
  assert.equal(to, 'shop/db:5432');
  assert.equal(await text(connect(port, '127.0.0.1')), 'database');
  const { body } = await gateway.ask('/.fairlead/gateway');
  assert.deepEqual(JSON.parse(body).fixedPorts, [{ to, port }]);
  assert.equal((await gateway.ask(`/.fairlead/ports?port=${port}`, { method: 'DELETE', headers })).status, 200);
  await assert.rejects(text(connect(port, '127.0.0.1')), /ECONNREFUSED/);
  assert.equal((await gateway.ask(`/.fairlead/ports?port=${port}`, { method: 'DELETE', headers })).status, 404);
  assert.equal((await gateway.ask('/.fairlead/ports?to=..%2Fdb', { method: 'POST', headers })).status, 400);
});

test('nobody else opens or closes ports', async () => {
  const target = { kind: 'service', namespace: 'shop', name: 'db', port: '5432', alias: undefined } as const;
  await using gateway = await openGatewayFixture({ withPage: true, fixedPorts: [{ target, localPort: 0 }] });
  const headers = own(gateway.port);
  const { 'X-Fairlead-Page': _, ...withoutHeader } = headers;
  const app = `http://web.shop.localhost:${gateway.port}`;
  for (const foreign of [
    withoutHeader,
    {},
    { ...headers, Origin: 'https://evil.example' },
    { ...headers, Origin: app },
    { ...headers, Origin: 'null' },
    { ...headers, 'Sec-Fetch-Site': 'same-site' },
    { ...headers, 'Sec-Fetch-Site': 'cross-site' },
  ]) {
    const answer = await gateway.ask('/.fairlead/ports?to=shop/db:5432', { method: 'POST', headers: foreign });
    assert.equal(answer.status, 403, JSON.stringify(foreign));
  }
  const [fixed] = gateway.fixedPorts;
  const kept = await gateway.ask(`/.fairlead/ports?port=${fixed}`, { method: 'DELETE', headers });
  assert.equal(kept.status, 404, 'those of the command line stay');
  assert.equal(JSON.parse((await gateway.ask('/.fairlead/gateway')).body).fixedPorts.length, 1);
});

test('a gateway that asks for a password opens no ports that ask for none', async () => {
  const password = new Password('correct horse');
  await using gateway = await openGatewayFixture({ withPage: true, access: { password, link: undefined } });
  const headers = { ...own(gateway.port), Authorization: `Basic ${Buffer.from(':correct horse').toString('base64')}` };
  const answer = await gateway.ask('/.fairlead/ports?to=shop/db:5432', { method: 'POST', headers });
  assert.equal(answer.status, 403);
  assert.match(JSON.parse(answer.body).message, /opens no ports for its page/);
});
