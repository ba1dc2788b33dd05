import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';
import { ConfigError } from '../client/client-config.ts';
import type { CredentialSource } from '../client/credentials.ts';
import { CredentialError } from '../client/credentials.ts';

test('a login that fails is told as that, under every name, and not as a server that is away', async () => {
  let failure: Error = new CredentialError('No credentials from the command "login": it ended with exit code 3.', {
    next: 'Log in again with "login".',
  });
  const credentials: CredentialSource = {
    current: () => Promise.reject(failure),
    renew: () => Promise.reject(failure),
  };
  await using gateway = await openGatewayFixture({ config: { credentials } });
  const { ask, port, cluster } = gateway;
  const says =
    'The login to the cluster failed: No credentials from the command "login": it ended with exit code 3. The API server was not asked. Log in again with "login".';
  for (const [path, host, expected] of [
    ['/api', 'localhost', 401],
    ['/', 'web.shop.localhost', 502],
  ] as const) {
    const { status, body } = await ask(path, { host });
    assert.equal(status, expected, host);
    const { code, reason, message } = JSON.parse(body);
    assert.deepEqual({ code, reason, message }, { code: expected, reason: 'Unauthorized', message: says });
  }
  using socks = await RawClient.open(port);
  socks.send('\x05\x01\0\x05\x01\0\x03\x08web.shop\0\x50');
  await socks.end();
  assert.equal(socks.received.slice(2, 4), '\x05\x01', 'a failure, and no refusal');
  failure = new CredentialError('No credentials for user "u" by OpenID Connect: log in again.');
  assert.match((await ask('/api')).body, /Log in again with the tool that made this context, then start the gateway/);
  failure = new ConfigError('Cannot read the token file /t: it does not exist.');
  assert.match((await ask('/api')).body, /cannot be read: Cannot read the token file \/t: it does not exist\. The API/);
  assert.deepEqual(cluster.requests, []);
});

test('credentials that the server took at first and refuses later are told once, and under the names of applications', async () => {
  let status = 200;
  const server = createServer((_, response) => {
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      code: 401,
    };
    response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(status === 401 ? JSON.stringify(body) : '{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using parts = new AsyncDisposableStack();
  parts.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  await using gateway = await openGatewayFixture({ config: { server: `http://127.0.0.1:${address.port}` } });
  status = 401;
  await gateway.ask('/api');
  assert.deepEqual(gateway.log, [], 'that is told at the start');
  status = 200;
  await gateway.ask('/api');
  status = 401;
  for (let i = 0; i < 3; i++) assert.equal((await gateway.ask('/api')).status, 401);
  assert.equal(gateway.log.length, 1, gateway.log.join('\n'));
  assert.match(gateway.log[0] ?? '', /does not know who asks any more \(401 Unauthorized\): log in again/);
  const app = await gateway.ask('/', { host: 'web.shop.localhost' });
  assert.equal(app.status, 502);
  assert.match(app.body, /The login to the cluster is not valid: .* Log in again/);
});
