import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { testCertificate } from '../../../test/certificate.ts';
import { freePort } from '../../../test/free-port.ts';
import { connectProxy, listening } from '../../../test/proxy-servers.ts';
import { CommandError } from '../command.ts';
import { readManifests } from './read-manifests.ts';

const manifest = '\uFEFFapiVersion: v1\nkind: Thing\nmetadata: {name: ✓}\n';

async function read(address: string, env: Record<string, string> = {}, signal = AbortSignal.timeout(20_000)) {
  const io = { stdin: Readable.from([]), cwd: '/', env };
  const found = await readManifests({ files: [address], recursive: false, io, signal });
  return found.map((one) => (one instanceof CommandError ? one.message : `${one.source} ${one.object.metadata.name}`));
}

/** On a port that browsers refuse, as `fetch` does, where one is free. */
async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  for (const port of [6000, 6665, 6666, 6667, 6668, 6669, 10080, 4045]) {
    const server = createServer(listener).listen(port, '127.0.0.1');
    const open = await once(server, 'listening').catch(() => undefined);
    if (open === undefined) continue;
    context.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('none of the ports is free');
}

test('objects come from a web server on any port, through redirects and with a login', async (context) => {
  const seen: (string | undefined)[] = [];
  const base = await serve(context, ({ url = '', headers }, response) => {
    seen.push(headers.authorization);
    const jumps = /^\/jump\/(\d+)$/.exec(url)?.[1];
    if (url === '/a.yaml?x=1') response.end(manifest);
    else if (url === '/large.yaml') response.end(`${manifest}${'# comment\n'.repeat(30_000)}`);
    else if (jumps !== undefined) {
      const location = jumps === '0' ? '/a.yaml?x=1' : `/jump/${Number(jumps) - 1}`;
      response.writeHead(Number(jumps) % 2 === 0 ? 302 : 308, { location }).end('moved');
    } else if (url === '/away') response.writeHead(301, { location: 'ftp://127.0.0.1/' }).end();
    else if (url === '/nowhere') response.writeHead(302).end();
    else if (url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('a: b', () => response.destroy());
    } else response.writeHead(url === '/empty' ? 204 : 404).end('not here');
  });
  assert.deepEqual(await read(`${base}/a.yaml?x=1#part`), [`${base}/a.yaml?x=1#part ✓`]);
  assert.deepEqual(await read(`${base}/large.yaml`), [`${base}/large.yaml ✓`]);
  assert.deepEqual(await read(`${base}/jump/8`), [`${base}/jump/8 ✓`]);
  seen.length = 0;
  const named = base.replace('//', '//me:se%20cret@');
  assert.deepEqual(await read(`${named}/jump/0`), [`${base.replace('//', '//me:xxxxx@')}/jump/0 ✓`]);
  const login = `Basic ${Buffer.from('me:se cret').toString('base64')}`;
  assert.deepEqual(seen, [login, login]);
  for (const [path, problem] of [
    ['/jump/9', 'the server redirected it 10 times'],
    ['/away', 'the server redirected it to what is no http:// or https:// address'],
    ['/nowhere', 'the server answered 302'],
    ['/none.yaml', 'the server answered 404'],
    ['/empty', 'the server answered 204'],
  ]) {
    await assert.rejects(read(`${base}${path}`), new CommandError(`cannot read ${base}${path}: ${problem}`));
  }
  await assert.rejects(read(`${base}/cut`), /^CommandError: cannot read .*\/cut: /);
  await assert.rejects(read('http://['), /^CommandError: cannot read http:\/\/\[: it is no URL/);
});

test('the proxy of the environment leads to an address', async (context) => {
  const base = await serve(context, (_request, response) => response.end(manifest));
  const heads: string[] = [];
  await using proxy = await listening(createTcpServer(connectProxy(Number(new URL(base).port), heads)));
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
  const address = 'http://manifests.example/a.yaml';
  assert.deepEqual(await read(address, env), [`${address} ✓`]);
  assert.match(heads.join(''), /^CONNECT manifests\.example:80 /);
});

test('what cannot be reached or not trusted is told, and a stop ends a server that says nothing', async () => {
  const gone = await freePort();
  await assert.rejects(read(`http://127.0.0.1:${gone}/`), /^CommandError: cannot read http:.*: .*ECONNREFUSED/);
  const { cert, key } = testCertificate();
  await using secure = await listening(createTlsServer({ cert, key }));
  await assert.rejects(read(`https://127.0.0.1:${secure.port}/`), /^CommandError: cannot read https:.*certificate/);
  await using silent = await listening(createTcpServer());
  const stop = AbortSignal.timeout(100);
  await assert.rejects(read(`http://127.0.0.1:${silent.port}/`, {}, stop), (error) => error === stop.reason);
});
