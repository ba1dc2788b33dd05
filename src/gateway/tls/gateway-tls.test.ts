import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { testCertificate } from '../../../test/certificate.ts';
import { openGatewayFixture } from '../../../test/gateway-fixture.ts';
import { RawClient } from '../../../test/raw-sockets.ts';
import { Password } from '../access/password.ts';
import { gatewayNames } from '../host.ts';
import { startGateway } from '../start.ts';
import { TlsFileError, tlsFromFiles, tlsOfOwnAuthority } from './gateway-tls.ts';

async function scratch() {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-tls-'));
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

interface Asked {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** As a browser does that resolved the name to this machine; the certificate is checked. */
function ask(port: number, ca: string | Buffer, url: string, headers: Record<string, string> = {}): Promise<Asked> {
  const { hostname, pathname, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: pathname,
        ca,
        agent: false,
        headers: { Host: host, ...headers },
        ...(/^[\d.]+$/.test(hostname) ? {} : { servername: hostname }),
      },
      (response) => {
        const { statusCode: status = 0, headers: received } = response;
        text(response).then((body) => resolve({ status, headers: received, body }), reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

test('every name of the gateway has a certificate of the one authority, and no other name has', async () => {
  await using place = await scratch();
  const names = gatewayNames({ address: '127.0.0.1', domain: 'lead.example.com' });
  const directory = join(place.directory, 'authority');
  const tls = await tlsOfOwnAuthority(directory, names);
  await using gateway = await openGatewayFixture({ names, tls });
  const ca = await readFile(tls.authorityFile ?? '');
  const { port } = gateway;
  for (const host of ['localhost', 'lead.example.com', '127.0.0.1'])
    assert.equal((await ask(port, ca, `https://${host}:${port}/api`)).status, 200, host);
  for (const host of ['web.shop.localhost', 'http.web.shop.svc.localhost', 'web.shop.lead.example.com'])
    assert.equal((await ask(port, ca, `https://${host}:${port}/`)).status, 404, host);
  await assert.rejects(ask(port, ca, `https://evil.example:${port}/`), /altnames/);
  // The key is nobody else's, and a second start has the same authority.
  assert.equal((await stat(join(directory, 'ca.key'))).mode & 0o777, 0o600);
  const again = await tlsOfOwnAuthority(directory, names);
  assert.deepEqual(await readFile(again.authorityFile ?? ''), ca);
});

test('where there is TLS nothing is answered without', async () => {
  await using place = await scratch();
  const names = gatewayNames({});
  await using gateway = await openGatewayFixture({ tls: await tlsOfOwnAuthority(place.directory, names) });
  for (const [bytes, answer] of [
    ['GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 [\s\S]*https:\/\//],
    ['\x05\x01\0', /^\x05\xff$/],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /SOCKS 5/],
  ] as const) {
    using client = await RawClient.open(gateway.port);
    client.send(bytes);
    assert.equal(await client.end(), 'end');
    assert.match(client.received, answer);
  }
  assert.equal(gateway.cluster.requests.length, 0);
});

test('certificates of files, which must fit together', async () => {
  await using place = await scratch();
  const { ca, cert, key } = testCertificate();
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(place.directory, name);
    await writeFile(path, content);
    return path;
  };
  const certFile = await file('tls.crt', cert);
  const keyFile = await file('tls.key', key);
  await using gateway = await openGatewayFixture({ tls: await tlsFromFiles(certFile, keyFile) });
  assert.equal((await ask(gateway.port, ca, `https://127.0.0.1:${gateway.port}/api`)).status, 200);
  const other = await file('other.key', await readFile(join(await otherAuthority(place.directory), 'ca.key')));
  const pipe = join(place.directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [first, second, message] of [
    [certFile, other, /is not that of the certificate/],
    [certFile, join(place.directory, 'none'), /cannot be read/],
    [certFile, pipe, /cannot be read: nothing was written into the pipe/],
    [keyFile, keyFile, /no certificate with its key/],
  ] as const)
    await assert.rejects(
      tlsFromFiles(first, second),
      (error) => error instanceof TlsFileError && message.test(error.message),
    );
});

async function otherAuthority(directory: string): Promise<string> {
  const other = join(directory, 'other');
  await tlsOfOwnAuthority(other, gatewayNames({}));
  return other;
}

test('the written kubeconfig works beside the gateway`s own TLS', async () => {
  await using place = await scratch();
  const tls = await tlsOfOwnAuthority(place.directory, gatewayNames({}));
  const kubeconfigFile = join(place.directory, 'config');
  await using gateway = await openGatewayFixture({ tls, kubeconfigFile });
  const written = JSON.parse((await readFile(kubeconfigFile, 'utf8')).replace(/^#.*\n/, ''));
  const [{ cluster }] = written.clusters;
  assert.equal(cluster['tls-server-name'], 'kubeconfig.fairlead.internal');
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
  const path = new URL(cluster.server).pathname;
  const url = `https://${cluster['tls-server-name']}:${gateway.port}${path}/api`;
  const authorized = { Authorization: `Bearer ${written.users[0].user.token}` };
  assert.equal((await ask(gateway.port, ca, url, authorized)).status, 200);
  assert.equal((await ask(gateway.port, ca, url)).status, 401);
  // The gateway's own names do not lead there.
  const own = await ask(
    gateway.port,
    await readFile(tls.authorityFile ?? ''),
    `https://localhost:${gateway.port}${path}/api`,
  );
  assert.doesNotMatch(own.body, /"url":"\/api"/);
});

test('an address that others reach needs a password and TLS, or a word for the risk', async () => {
  await using fixture = await openGatewayFixture();
  const start = (options: object): Promise<unknown> =>
    startGateway({
      contexts: fixture.contexts,
      listen: { host: '0.0.0.0', port: 0 },
      signal: new AbortController().signal,
      ...options,
    });
  await using place = await scratch();
  const tls = await tlsOfOwnAuthority(place.directory, gatewayNames({}));
  for (const options of [
    {},
    { tls },
    { access: { password: new Password('long enough'), link: undefined } },
    { tls, access: { password: undefined, link: undefined } },
  ])
    await assert.rejects(start(options), /Others reach 0\.0\.0\.0.*--password-file.*--expose-without-password/);
});
