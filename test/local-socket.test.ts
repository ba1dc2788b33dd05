/** The way in that a cluster keeps for its own user: no TLS, the same rights, nobody else. */
import assert from 'node:assert/strict';
import { lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from '../src/client/connect.ts';
import { loadKubeconfig } from '../src/client/kubeconfig.ts';
import { Home, RunningFairlead } from './fairlead-process.ts';

let home: Home;
let running: RunningFairlead;
let socket = '';
/** With an address where nobody listens, so that what works has come through the socket. */
let socketOnly = '';

before(async () => {
  home = await Home.make();
  running = await RunningFairlead.up(home, '--data', join(home.directory, 'data'), '--image', 'sh=sh');
  socket = join(home.directory, 'data', 'api.sock');
  socketOnly = join(home.directory, 'socket-only');
  const text = await readFile(home.kubeconfig, 'utf8');
  assert.equal(text.split(running.apiUrl).length, 3, text);
  await writeFile(socketOnly, text.replaceAll(running.apiUrl, 'https://127.0.0.1:1'));
});
after(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function said(...line: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.fairlead(...line);
  assert.equal(code, 0, `${line.join(' ')}: ${stderr}`);
  return stdout;
}

test('commands reach the server through the socket, as the one that the certificate names', async () => {
  const throughSocket = await said('--kubeconfig', socketOnly, 'auth', 'whoami', '-o', 'json');
  // Naming the server asks for TLS.
  const throughTls = await said('--server', running.apiUrl, 'auth', 'whoami', '-o', 'json');
  const userOf = (text: string) => JSON.parse(text).status.userInfo;
  assert.deepEqual(userOf(throughSocket), userOf(throughTls));
  assert.equal(userOf(throughSocket).username, 'fairlead-admin');
  const { code, stderr } = await home.fairlead('--kubeconfig', socketOnly, 'get', 'pods', '--as', 'nobody');
  assert.equal(code, 1);
  assert.match(stderr, /User "nobody" cannot list resource "pods"/);
});

test('streams pass too: a command in a pod, its log', async () => {
  const script = 'echo begun; exec sleep 600';
  await said('--kubeconfig', socketOnly, 'run', 'one', '--image=sh', '--', '-c', script);
  await said('--kubeconfig', socketOnly, 'wait', 'pod/one', '--for=condition=Ready', '--timeout=20s');
  const { stdout } = await home.runFairlead(
    ['--kubeconfig', socketOnly, 'exec', '-i', 'one', '--', 'cat'],
    'to and fro',
  );
  assert.equal(stdout, 'to and fro');
  assert.equal(await said('--kubeconfig', socketOnly, 'logs', 'one'), 'begun\n');
});

test('nobody else may connect', {
  skip: process.getuid?.() !== 0 ? 'only root can become somebody else' : false,
}, async () => {
  assert.equal((await lstat(socket)).mode & 0o777, 0o600);
  const script = `require('node:net').connect(${JSON.stringify(socket)}).on('error', ({ code }) => console.log(code)).on('connect', () => process.exit(3))`;
  const drop = `process.setgid(65534); process.setuid(65534); ${script}`;
  const { stdout, code } = await home.run(process.execPath, ['-e', drop]);
  assert.deepEqual([stdout, code], ['EACCES\n', 0]);
});

test('a program that runs looks each time whose socket it is, and goes over TLS else', async () => {
  const config = await loadKubeconfig({ path: home.kubeconfig, env: {} });
  assert.equal(config.localSocket, socket);
  const kept = `${socket}.kept`;
  await rename(socket, kept);
  const asked = async () => {
    await using cluster = await connect({ config });
    return (await cluster.resource('v1', 'Namespace').get('default')).metadata.name;
  };
  assert.equal(await asked(), 'default');
  const bindAndDie = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await home.run(process.execPath, ['-e', bindAndDie]);
  assert.ok((await lstat(socket)).isSocket());
  assert.equal(await asked(), 'default');
  await rm(socket);
  await rename(kept, socket);
});

test('without the socket TLS does as before; a stop leaves none behind', async () => {
  await rm(socket);
  assert.match(await said('get', 'svc'), /^NAME .*\nkubernetes /);
  const { code, stderr } = await home.fairlead('--kubeconfig', socketOnly, 'get', 'svc');
  assert.equal(code, 1);
  assert.match(stderr, /127\.0\.0\.1:1/);
  await running.stop();
  running = await RunningFairlead.up(home, '--data', join(home.directory, 'data'));
  assert.ok((await lstat(socket)).isSocket());
  const lingering = connectSocket(socket);
  await running.stop();
  lingering.destroy();
  await assert.rejects(lstat(socket), { code: 'ENOENT' });
});
