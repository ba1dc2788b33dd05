import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiUpstream } from './api-upstream.ts';

test("the server's URL becomes an endpoint, a Host and a prefix", () => {
  const of = (server: string) => {
    const { endpoint, host, basePath } = apiUpstream({ server, namespace: 'default' });
    return [endpoint.host, endpoint.port, endpoint.tls !== undefined, host, basePath];
  };
  assert.deepEqual(of('https://api.example'), ['api.example', 443, true, 'api.example', '']);
  assert.deepEqual(of('https://[::1]:6443/k8s/'), ['::1', 6443, true, '[::1]:6443', '/k8s']);
  assert.deepEqual(of('http://127.0.0.1'), ['127.0.0.1', 80, false, '127.0.0.1', '']);
  assert.throws(() => of('ftp://x'), /https:\/\/ or http:\/\//);
});

test('a token goes out over TLS, or in clear text to this machine only', () => {
  const of = (server: string) => apiUpstream({ server, namespace: 'default', token: 't' }).authorization();
  for (const server of ['https://api.example', 'http://localhost:8080', 'http://127.1.2.3', 'http://[::1]:1'])
    assert.equal(of(server), 'Bearer t');
  for (const server of ['http://api.example', 'http://127.0.0.1.example', 'http://10.0.0.1'])
    assert.equal(of(server), undefined);
});

test('a token file is read when it is needed; one that cannot be read is named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-token-'));
  try {
    const tokenFile = join(directory, 'token');
    const { authorization } = apiUpstream({ server: 'https://api.example', namespace: 'default', tokenFile });
    await assert.rejects(
      async () => authorization(),
      (error: Error) => error.message.includes(tokenFile),
    );
    await writeFile(tokenFile, 'from-file\n');
    assert.equal(await authorization(), 'Bearer from-file');
    assert.equal(authorization(), 'Bearer from-file');
  } finally {
    await rm(directory, { recursive: true });
  }
});
