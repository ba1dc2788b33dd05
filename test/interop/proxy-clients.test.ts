/** Real clients of proxies through the gateway: curl in each of its ways, and git. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Password } from '../../src/gateway/access/password.ts';
import { gatewayNames } from '../../src/gateway/host.ts';
import { tlsOfOwnAuthority } from '../../src/gateway/tls/gateway-tls.ts';
import { testCertificate } from '../certificate.ts';
import type { GatewayFixture } from '../gateway-fixture.ts';
import { openGatewayFixture } from '../gateway-fixture.ts';

const missing = ['curl', 'git'].filter((name) => spawnSync(name, ['--version']).status !== 0);
const skip = missing.length === 0 ? false : `${missing.join(' and ')} must be installed`;
const word = 'correct horse';

let directory: string;
let stage: AsyncDisposableStack;
let gateway: GatewayFixture;
let guarded: GatewayFixture;
let secure: GatewayFixture;
let authority: string;

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.defer(() => {
    server.close();
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

before(async () => {
  if (skip !== false) return;
  stage = new AsyncDisposableStack();
  directory = await mkdtemp(join(tmpdir(), 'fairlead-clients-'));
  stage.defer(() => rm(directory, { recursive: true }));
  const { cert, key } = testCertificate(['safe.shop.svc']);
  const answer = `hello ${'x'.repeat(100_000)}\n`;
  const ports = {
    web: await listening(createServer((_request, response) => response.end(answer))),
    safe: await listening(createTlsServer({ cert, key }, (_request, response) => response.end('over TLS\n'))),
    db: await listening(
      createTcpServer((socket) => void socket.on('error', () => {}).on('data', (data) => socket.end(data))),
    ),
    git: await listening(
      createServer((request, response) => {
        readFile(
          join(directory, 'repositories', decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)),
        ).then(
          (content) => response.end(content),
          () => response.writeHead(404).end(),
        );
      }),
    ),
  };
  const tls = await tlsOfOwnAuthority(join(directory, 'authority'), gatewayNames({}));
  authority = tls.authorityFile ?? '';
  const access = { password: new Password(word), link: undefined };
  gateway = stage.use(await openGatewayFixture());
  guarded = stage.use(await openGatewayFixture({ access }));
  secure = stage.use(await openGatewayFixture({ access, tls }));
  for (const { cluster } of [gateway, guarded, secure]) {
    cluster.setService('web', [{ port: 80 }], [{ name: 'web-0', ports: { 80: ports.web } }], {
      clusterIP: '10.96.0.7',
    });
    cluster.setService('safe', [{ port: 443 }], [{ name: 'safe-0', ports: { 443: ports.safe } }]);
    cluster.setService('db', [{ port: 5432 }], [{ name: 'db-0', ports: { 5432: ports.db } }]);
    cluster.setService('git', [{ port: 80 }], [{ name: 'git-0', ports: { 80: ports.git } }]);
  }
});

after(async () => {
  await stage?.disposeAsync();
});

const run = promisify(execFile);

interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

async function finish(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  try {
    const options = { env: { PATH: process.env.PATH, HOME: directory, ...env }, maxBuffer: 1 << 24 };
    return { code: 0, ...(await run(program, [...args], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** Only this configuration: no proxy settings of this machine. */
const curl = (...args: readonly string[]): Promise<Finished> =>
  finish('curl', ['-q', '-sS', '--max-time', '20', ...args]);

test('curl through SOCKS, HTTP and CONNECT', { skip }, async () => {
  const at = `localhost:${gateway.port}`;
  for (const way of [
    ['--proxy', `socks5h://${at}`],
    ['--socks5-hostname', at],
    ['-x', `http://${at}`],
    ['-x', `http://${at}`, '-p'],
  ]) {
    for (const name of ['web.shop.svc', 'web.shop', 'web.shop.svc.cluster.local', '10.96.0.7']) {
      const { code, stdout, stderr } = await curl(...way, `http://${name}/`);
      assert.equal(code, 0, `${way.join(' ')} ${name}: ${stderr}`);
      assert.equal(stdout.length, 100_007);
    }
    assert.equal((await curl(...way, '-k', 'https://safe.shop.svc/')).stdout, 'over TLS\n', way.join(' '));
  }
});

test('curl speaks TCP that is no HTTP', { skip }, async () => {
  for (const way of [
    ['--proxy', `socks5h://localhost:${gateway.port}`],
    ['-x', `http://localhost:${gateway.port}`, '-p'],
  ]) {
    const file = join(directory, 'sent');
    await writeFile(file, 'a query');
    const { stdout } = await curl(...way, '-T', file, 'telnet://db.shop.svc:5432');
    assert.equal(stdout, 'a query');
  }
});

test('curl is told what this proxy does not do', { skip }, async () => {
  const socks = await curl('--proxy', `socks5h://localhost:${gateway.port}`, 'http://www.example.com/');
  assert.equal(socks.code, 97);
  const http = await curl('-x', `http://localhost:${gateway.port}`, 'http://www.example.com/');
  assert.match(http.stdout, /is no name of the cluster/);
  const connect = await curl('-x', `http://localhost:${gateway.port}`, 'https://www.example.com/');
  assert.match(connect.stderr, /403/);
  const socks4 = await curl('--proxy', `socks4a://localhost:${gateway.port}`, 'http://web.shop.svc/');
  assert.notEqual(socks4.code, 0);
  const http2 = await curl('--http2-prior-knowledge', `http://localhost:${gateway.port}/api`);
  assert.notEqual(http2.code, 0);
});

test('curl gives the password as a user of proxies does', { skip }, async () => {
  const at = `localhost:${guarded.port}`;
  for (const way of [
    ['--proxy', `socks5h://${at}`],
    ['-x', `http://${at}`],
    ['-x', `http://${at}`, '-p'],
  ]) {
    const ok = await curl(...way, '-U', `joe:${word}`, 'http://web.shop.svc/');
    assert.equal(ok.stdout.length, 100_007, ok.stderr);
    const wrong = await curl(...way, '-U', 'joe:guess', '-f', 'http://web.shop.svc/');
    assert.notEqual(wrong.code, 0);
    assert.equal(wrong.stdout, '');
  }
  const api = await curl('-u', `joe:${word}`, `http://${at}/api`);
  assert.match(api.stdout, /"authorization":"Bearer ours"/);
  assert.match((await curl(`http://${at}/api`)).stdout, /knows you not yet/);
});

test('curl signs in as a browser does, from an application`s name on', { skip }, async () => {
  const jar = join(directory, 'jar');
  const app = `http://web.shop.localhost:${guarded.port}/`;
  const cookies = ['-L', '-b', jar, '-c', jar, '-H', 'Accept: text/html'];
  const page = await curl(...cookies, app);
  assert.match(page.stdout, /type="password"/);
  const next = /name="next" value="([^"]*)"/.exec(page.stdout)?.[1]?.replaceAll('&#38;', '&') ?? '';
  const form = ['--data-urlencode', `password=${word}`, '--data-urlencode', `next=${next}`];
  const inside = await curl(...cookies, ...form, `http://localhost:${guarded.port}/.fairlead/access/login`);
  assert.equal(inside.stdout.length, 100_007, inside.stderr);
  assert.equal((await curl(...cookies, app)).stdout.length, 100_007);
});

test('curl over TLS, as client and to the proxy', { skip }, async () => {
  const trust = ['--cacert', authority, '--proxy-cacert', authority];
  const { port } = secure;
  for (const [host, path] of [
    ['localhost', '/api'],
    ['web.shop.localhost', '/'],
  ]) {
    const there = ['--resolve', `${host}:${port}:127.0.0.1`, '-u', `joe:${word}`, `https://${host}:${port}${path}`];
    const { code, stderr } = await curl(...trust, ...there);
    assert.equal(code, 0, stderr);
  }
  const proxied = await curl(...trust, '-x', `https://localhost:${port}`, '-U', `joe:${word}`, 'http://web.shop.svc/');
  assert.equal(proxied.stdout.length, 100_007, proxied.stderr);
  assert.match((await curl(`http://localhost:${port}/api`)).stdout, /speaks TLS/);
  assert.equal((await curl(`https://localhost:${port}/api`)).code, 60, 'a stranger`s authority is not trusted');
});

test('git clones through either proxy', { skip }, async () => {
  const bare = join(directory, 'repositories', 'tool.git');
  const work = join(directory, 'work');
  await mkdir(bare, { recursive: true });
  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.com', '-c', 'init.defaultBranch=main'];
    const { code, stdout, stderr } = await finish('git', [...identity, ...args], { GIT_CONFIG_NOSYSTEM: '1' });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await git('init', '-q', '--bare', bare);
  await git('init', '-q', work);
  await writeFile(join(work, 'README'), 'of the cluster');
  await git('-C', work, 'add', 'README');
  await git('-C', work, 'commit', '-qm', 'first');
  await git('-C', work, 'push', '-q', bare, 'HEAD:refs/heads/main');
  await git('-C', bare, 'update-server-info');
  for (const scheme of ['socks5h', 'http']) {
    const clone = join(directory, `clone-${scheme}`);
    await git(
      '-c',
      `http.proxy=${scheme}://localhost:${gateway.port}`,
      'clone',
      '-q',
      'http://git.shop.svc/tool.git',
      clone,
    );
    assert.equal(await readFile(join(clone, 'README'), 'utf8'), 'of the cluster');
  }
});
