import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiUpstream } from './api-upstream.ts';

test("the server's URL becomes an endpoint, a Host and a prefix", () => {
  const of = (server: string) => {
    const { anonymous: endpoint, host, basePath } = apiUpstream({ server, namespace: 'default' });
    return [endpoint.host, endpoint.port, endpoint.tls !== undefined, host, basePath];
  };
  assert.deepEqual(of('https://api.example'), ['api.example', 443, true, 'api.example', '']);
  assert.deepEqual(of('https://[::1]:6443/k8s/'), ['::1', 6443, true, '[::1]:6443', '/k8s']);
  assert.deepEqual(of('http://127.0.0.1'), ['127.0.0.1', 80, false, '127.0.0.1', '']);
  assert.throws(() => of('ftp://x'), /https:\/\/ or http:\/\//);
});

test('credentials go out over TLS, or in clear text to this machine only', async () => {
  const of = async (server: string) => {
    const impersonate = { user: 'jane', groups: ['a', 'b'] };
    const access = apiUpstream({ server, namespace: 'default', token: 't', impersonate });
    return (await access.pass(new AbortController().signal)).headers;
  };
  for (const server of ['https://api.example', 'http://localhost:8080', 'http://127.1.2.3', 'http://[::1]:1']) {
    assert.deepEqual(await of(server), [
      ['Authorization', 'Bearer t'],
      ['Impersonate-User', 'jane'],
      ['Impersonate-Group', 'a'],
      ['Impersonate-Group', 'b'],
    ]);
  }
  for (const server of ['http://api.example', 'http://127.0.0.1.example', 'http://10.0.0.1'])
    assert.deepEqual(await of(server), []);
});
