import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { type Cluster, connect, loadKubeconfig } from './connect.ts';

interface TlsApiServer extends AsyncDisposable {
  port: number;
  /** The name in the client certificate of each connection. */
  seen: string[];
  /** What it identifies with from the next connection on. */
  become(identity: { cert: string; key: string }): void;
}

/** Tells nothing but what it is shown. */
async function tlsApiServer(identity: { cert: string; key: string }): Promise<TlsApiServer> {
  const seen: string[] = [];
  const accepted = new Set<TLSSocket>();
  const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: false }, (socket) => {
    accepted.add(socket);
    seen.push(String(socket.getPeerCertificate().subject?.CN));
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    become: (next) => server.setSecureContext(next),
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Two that are written one after the other, as far as the second's beginning. */
function halfOf(first: string, second: string): string {
  return first + second.slice(0, 300);
}

async function files(server: TlsApiServer, first: { ca: string; cert: string; key: string }) {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-tls-files-'));
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  await write('ca.crt', first.ca);
  await write('u.crt', first.cert);
  await write('u.key', first.key);
  await write(
    'config',
    `current-context: one
clusters: [{name: c, cluster: {server: "https://127.0.0.1:${server.port}", certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate: u.crt, client-key: u.key}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
`,
  );
  return { write, path: join(directory, 'config'), [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

/** Ten seconds later, on a connection of its own. */
async function askOnce(t: TestContext, cluster: Cluster): Promise<void> {
  t.mock.timers.tick(10_000);
  const { body } = await cluster.request({ method: 'GET', path: '/api', headers: { Connection: 'close' } });
  body.resume();
  await once(body, 'close');
}

test('a client certificate that is renewed on disk is shown from then on, once its key is there too', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const serving = testCertificate();
  await using server = await tlsApiServer(serving);
  const [old, renewed] = [testCertificate(['old']), testCertificate(['renewed'])];
  await using place = await files(server, { ...old, ca: serving.ca });
  await using cluster = await connect({ path: place.path, env: {} });
  const ask = async () => {
    t.mock.timers.tick(10_000);
    const { status, body } = await cluster.request({ method: 'GET', path: '/api' });
    body.resume();
    await once(body, 'close');
    assert.equal(status, 200);
  };
  await ask();
  await place.write('u.crt', renewed.cert);
  await ask();
  await place.write('u.key', '-----BEGIN');
  await ask();
  assert.deepEqual(server.seen, ['old']);
  await place.write('u.key', renewed.key);
  // Its chain is still being written.
  await place.write('u.crt', halfOf(renewed.cert, old.cert));
  await ask();
  assert.deepEqual(server.seen, ['old']);
  await place.write('u.crt', renewed.cert);
  await ask();
  await ask();
  assert.deepEqual(server.seen, ['old', 'renewed']);
});

test('an authority that is renewed on disk is trusted from then on', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const [first, second] = [testCertificate(), testCertificate()];
  await using server = await tlsApiServer(first);
  await using place = await files(server, { ...testCertificate(['user']), ca: first.ca });
  await using cluster = await connect({ path: place.path, env: {} });
  const ask = () => askOnce(t, cluster);
  await ask();
  for (const cut of [second.ca.slice(0, 200), halfOf(second.ca, first.ca)]) {
    await place.write('ca.crt', cut);
    await ask();
  }
  server.become(second);
  await place.write('ca.crt', second.ca);
  await ask();
  // No other than these two: what is half written was taken for nothing new.
  assert.equal(server.seen.length, 2);
});

test('of an authority file that is renewed, what can be read is trusted, as when it was first read', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const [first, second] = [testCertificate(), testCertificate()];
  const unreadable = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  await using server = await tlsApiServer(first);
  await using place = await files(server, { ...testCertificate(['user']), ca: unreadable + first.ca });
  await using cluster = await connect({ path: place.path, env: {} });
  const ask = () => askOnce(t, cluster);
  await ask();
  for (const cut of [unreadable + halfOf(second.ca, first.ca), `${unreadable}${second.ca}-----BEG`, unreadable]) {
    await place.write('ca.crt', cut);
    await ask();
  }
  server.become(second);
  await place.write('ca.crt', `${unreadable}${second.ca}# end`);
  await ask();
});

test('a configuration whose certificates are files can be copied as data, and follows the files then too', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const [first, second] = [testCertificate(), testCertificate()];
  await using server = await tlsApiServer(first);
  await using place = await files(server, { ...testCertificate(['user']), ca: first.ca });
  const config = await loadKubeconfig({ path: place.path, env: {} });
  server.become(second);
  await place.write('ca.crt', second.ca);
  for (const copy of [structuredClone(config), JSON.parse(JSON.stringify(config)), config]) {
    await using cluster = await connect({ config: copy });
    const { status, body } = await cluster.request({ method: 'GET', path: '/api' });
    body.resume();
    assert.equal(status, 200);
  }
  const { tls: _, ...others } = config;
  await using wary = await connect({ config: { ...others, tls: { ca: first.ca.trim() } } });
  await assert.rejects(wary.request({ method: 'GET', path: '/api' }), { name: 'ConnectionError' });
});
