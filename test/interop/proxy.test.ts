/** `fairlead proxy` beside the real `kubectl proxy`, in front of the same API. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { peerPath } from '../peers/build.ts';
import type { Ask, TwoProxies } from './two-proxies.ts';
import { openTwoProxies, outcome } from './two-proxies.ts';

const skip = existsSync(peerPath('kubectl')) ? false : 'kubectl is not built: run npm run test:interop';

let proxies: TwoProxies;

before(async () => {
  if (skip === false) proxies = await openTwoProxies([]);
});

after(async () => {
  await proxies?.[Symbol.asyncDispose]();
});

const theirs = (question: Ask): Promise<unknown> => outcome(proxies.cluster, proxies.theirs, question);
const ours = (question: Ask): Promise<unknown> => outcome(proxies.cluster, proxies.ours, question);

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
    assert.deepEqual(await ours(each), await theirs(each), `${each.method ?? 'GET'} ${each.path}`);
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
    const expected = { status: 403, location: undefined, reached: [] };
    assert.deepEqual(await theirs(each), expected);
    assert.deepEqual(await ours(each), expected);
  }
});

test('kubectl proxy lets pass what we refuse by name', { skip }, async () => {
  const asks: [Ask, number][] = [
    [{ path: '/api', method: 'POST', headers: { Origin: 'https://evil.example' } }, 403],
    [{ path: '/api/v1/nodes/n/proxy/exec/ns/p/c' }, 403],
    [{ path: '/api/v1/namespaces/n/pods/a%2Fb/log' }, 400],
  ];
  for (const [each, status] of asks) {
    assert.deepEqual(await ours(each), { status, location: undefined, reached: [] });
    assert.notDeepEqual(await theirs(each), { status, location: undefined, reached: [] });
  }
});
