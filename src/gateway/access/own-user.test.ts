import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openGatewayFixture } from '../../../test/gateway-fixture.ts';
import { canTellPeerUser, peerUser } from '../../net/peer-user.ts';

const skip = canTellPeerUser ? false : 'only Linux tells whose connection it is';
const nobody = 65_534;
const skipOthers =
  skip || (canBeNobody() ? false : 'only root can act as another user, and Node must be there for him');

function canBeNobody(): boolean {
  return spawnSync(process.execPath, ['--version'], { uid: nobody, cwd: '/' }).status === 0;
}

/** Asks as that user; gives what was answered, or how the connection ended. */
async function askAs(uid: number, port: number, address: string): Promise<string> {
  const script = `
    const socket = require('node:net').connect(${port}, '${address}', () => socket.write('GET /api HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'));
    socket.on('error', () => {}).on('data', (data) => process.stdout.write(data));`;
  const child = spawn(process.execPath, ['-e', script], {
    uid,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {},
  });
  const answer = await text(child.stdout);
  if (child.exitCode === null) await once(child, 'exit');
  assert.equal(child.exitCode, 0);
  return answer;
}

test('the user at the other end is told for both loopback addresses', { skip }, async () => {
  // Some programs, those in Java among them, reach IPv4 addresses by IPv6 sockets.
  for (const [host, asked] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
  ] as const) {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const client = connect(address.port, asked);
    const [socket] = await once(server, 'connection');
    assert.equal(await peerUser(socket), process.getuid?.());
    client.destroy();
    await once(socket.resume(), 'close');
    server.close();
  }
});

test('programs of other users do not come in', { skip: skipOthers }, async () => {
  await using gateway = await openGatewayFixture({ ownUserOnly: true });
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(await askAs(nobody, gateway.port, address), '');
    assert.match(await askAs(0, gateway.port, address), /^HTTP\/1\.1 200 /);
  }
  await using open = await openGatewayFixture();
  assert.match(await askAs(nobody, open.port, '127.0.0.1'), /^HTTP\/1\.1 200 /, 'without that, they do');
});
