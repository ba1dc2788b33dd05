/** `fairlead proxy` beside the real `kubectl proxy`, in front of the same API. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import type { SmallCluster } from '../small-cluster.ts';
import { openSmallCluster } from '../small-cluster.ts';

const kubectl = peerPath('kubectl');
const skip = existsSync(kubectl) ? false : 'kubectl is not built: run npm run test:interop';
const fairlead = join(resolve(import.meta.dirname, '../..'), 'bin/fairlead.ts');

let home: Home;
let cluster: SmallCluster;
let theirs: Proxy;
let ours: Proxy;

interface Proxy {
  child: ChildProcess;
  port: number;
}

async function start(program: string, args: readonly string[]): Promise<Proxy> {
  const child = spawn(program, args, { env: home.env, cwd: home.directory, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^Starting to serve on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return { child, port: Number(port) };
  }
  throw new Error(`${program} ended before it served`);
}

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await openSmallCluster();
  const flags = ['proxy', '--server', cluster.server, '--port', '0'];
  theirs = await start(kubectl, flags);
  ours = await start(process.execPath, [fairlead, ...flags]);
});

after(async () => {
  for (const proxy of [theirs, ours]) {
    if (proxy === undefined) continue;
    proxy.child.kill();
    await once(proxy.child, 'exit');
  }
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Status, and what of it reached the API: method, URL, Authorization, media types, body length. */
async function ask({ port }: Proxy, { method = 'GET', path, headers = {}, body }: Ask): Promise<unknown> {
  const seen = cluster.requests.length;
  const status = await new Promise<number | undefined>((settle, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      text(response).then(() => settle(response.statusCode), reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
  // Ours asks for the version by itself when it starts.
  const passed = cluster.requests.slice(seen).filter((one) => one.headers['user-agent'] !== 'fairlead');
  const reached = passed.map(({ line, headers: received }) => {
    const { host, authorization, accept, 'content-type': type, 'content-length': length, range } = received;
    return { line, host, authorization, accept, type, length, range };
  });
  return { status, reached };
}

test('the same requests reach the API in the same form', { skip }, async () => {
  const asks: Ask[] = [
    { path: '/api' },
    { path: '/' },
    { path: '/apis/apps/v1?timeout=32s' },
    { path: '/version' },
    { path: '/healthz?verbose' },
    {
      path: '/api/v1/namespaces/shop/services?limit=500',
      headers: { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    },
    { path: '/api/v1/namespaces/shop/services/nope' },
    { path: '/api/v1/namespaces/a/services/https:web:443/proxy/x?y=%20z', headers: { Range: 'bytes=0-1' } },
    { path: '/api/v1/namespaces/a/pods/p:8080/proxy/', method: 'OPTIONS' },
    { path: '/api', headers: { Authorization: 'Bearer own' } },
    {
      path: '/api/v1/namespaces/a/configmaps',
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': '2' },
      body: '{}',
    },
    {
      path: '/api/v1/namespaces/a/configmaps/c',
      method: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json', 'Content-Length': '2' },
      body: '{}',
    },
    { path: '/api/v1/namespaces/a/configmaps/c', method: 'DELETE' },
    { path: '/api', method: 'HEAD' },
  ];
  for (const each of asks)
    assert.deepEqual(await ask(ours, each), await ask(theirs, each), `${each.method ?? 'GET'} ${each.path}`);
});

test('the same requests are refused', { skip }, async () => {
  const asks: Ask[] = [
    { path: '/api/v1/namespaces/n/pods/p/exec?command=sh' },
    { path: '/api/v1/namespaces/n/pods/p/exec?command=sh', method: 'POST' },
    { path: '/api/v1/namespaces/n/pods/p/attach' },
    { path: '/api', headers: { Host: 'evil.example' } },
    { path: '/api', headers: { Host: 'localhost.evil.example' } },
  ];
  for (const each of asks) {
    const expected = { status: 403, reached: [] };
    assert.deepEqual(await ask(theirs, each), expected);
    assert.deepEqual(await ask(ours, each), expected);
  }
});

test('kubectl proxy lets pass what we refuse by name', { skip }, async () => {
  const asks: [Ask, number][] = [
    [{ path: '/api', method: 'POST', headers: { Origin: 'https://evil.example' } }, 403],
    [{ path: '/api/v1/nodes/n/proxy/exec/ns/p/c' }, 403],
    [{ path: '/api/v1/namespaces/n/pods/a%2Fb/log' }, 400],
  ];
  for (const [each, status] of asks) {
    assert.deepEqual(await ask(ours, each), { status, reached: [] });
    assert.notDeepEqual(await ask(theirs, each), { status, reached: [] });
  }
});
