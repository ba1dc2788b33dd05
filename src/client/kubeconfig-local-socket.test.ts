import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { certificateMark } from './kubeconfig-local-socket.ts';

const own = testCertificate();
const other = testCertificate();
let directory = '';
let socket = '';
let listening: Server;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-local-socket-'));
  socket = join(directory, 'api.sock');
  listening = createServer().listen(socket);
  await once(listening, 'listening');
});
after(async () => {
  listening.close();
  await rm(directory, { recursive: true });
});

interface Entry {
  server?: string;
  certificate?: { cert: string; key: string };
  extension?: string;
}

function extensionFor({ server = 'https://one:6443', path = socket, certificate = certificateMark(own.cert) } = {}) {
  return JSON.stringify({ server, path, certificate });
}

async function kubeconfig({ server = 'https://one:6443', certificate = own, extension = extensionFor() }: Entry = {}) {
  const path = join(directory, 'kubeconfig');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  await writeFile(
    path,
    `apiVersion: v1
kind: Config
current-context: one
clusters: [{name: c, cluster: {server: "${server}"}}]
users: [{name: u, user: {client-certificate-data: ${base64(certificate.cert)}, client-key-data: ${base64(certificate.key)}, extensions: [{name: fairlead.dev/local-socket, extension: ${extension}}]}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
`,
  );
  return path;
}

async function socketOf(entry: Entry = {}, choice: Parameters<typeof loadKubeconfig>[0] = {}) {
  return (await loadKubeconfig({ path: await kubeconfig(entry), env: {}, ...choice })).localSocket;
}

test('it is taken where nothing else was chosen', async () => {
  assert.equal(await socketOf(), socket);
  assert.equal(await socketOf({}, { namespace: 'other', token: 't' }), socket);
  const ca = join(directory, 'ca.crt');
  await writeFile(ca, own.ca);
  for (const choice of [
    { server: 'https://one:6443' },
    { certificateAuthority: ca },
    { insecureSkipTlsVerify: false },
    { tlsServerName: 'two' },
    { discoverServers: true },
  ]) {
    assert.equal(await socketOf({}, choice), undefined, JSON.stringify(choice));
  }
});

test('an entry that was changed since, as kubectl does it, is not what the socket was for', async () => {
  assert.equal(await socketOf({ server: 'https://two:6443' }), undefined);
  assert.equal(await socketOf({ certificate: other }), undefined);
  assert.equal(await socketOf({ certificate: other, extension: extensionFor({ certificate: '' }) }), undefined);
});

test('what is no socket, or is in reach of others, is not taken', async () => {
  const at = (path: string) => socketOf({ extension: extensionFor({ path }) });
  assert.equal(await at(`${socket}.gone`), undefined);
  assert.equal(await at(directory), undefined);
  const open = join(directory, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  const reachable = createServer().listen(join(open, 'api.sock'));
  await once(reachable, 'listening');
  assert.equal(await at(join(open, 'api.sock')), undefined);
  await chmod(open, 0o755);
  assert.equal(await at(join(open, 'api.sock')), join(open, 'api.sock'));
  reachable.close();
});

test("nor is somebody else's, nor one in somebody else's directory", {
  skip: process.getuid?.() === 0 ? false : 'only root can give files away',
}, async () => {
  await mkdir(join(directory, 'theirs'));
  const path = join(directory, 'theirs', 'api.sock');
  const theirs = createServer().listen(path);
  await once(theirs, 'listening');
  const taken = () => socketOf({ extension: extensionFor({ path }) });
  assert.equal(await taken(), path);
  await chown(path, 65534, 65534);
  assert.equal(await taken(), undefined);
  await chown(path, 0, 0);
  await chown(dirname(path), 65534, 65534);
  assert.equal(await taken(), undefined);
  theirs.close();
});

test('an extension that makes no sense is refused with file, entry and field', async () => {
  for (const [extension, expected] of [
    ['[a]', /user "u".*"extensions\.fairlead\.dev\/local-socket" must be a mapping/],
    ['{path: a, uid: 0}', /local-socket\.uid" is not known/],
    ['{path: 1}', /local-socket\.path" must be a text/],
  ] as const) {
    await assert.rejects(socketOf({ extension }), expected);
  }
});
