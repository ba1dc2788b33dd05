/** What a running cluster leaves open and what it lets its users reach; `docs/security.md` says what is promised. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { loadKubeconfig } from '../src/client/kubeconfig.ts';
import { Home, RunningFairlead } from './fairlead-process.ts';

test('a cluster keeps its secrets, and leads nobody to itself or to another namespace', async () => {
  await using home = await Home.make();
  await using cluster = await RunningFairlead.up(home);
  for (const entry of await readdir(home.directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const mode = (await stat(file).catch(() => undefined))?.mode ?? 0;
    if (!file.endsWith('.crt')) assert.equal(mode & 0o077, 0, `${file} is open to others`);
  }
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const [line, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '')),
    );
    if (environment?.includes(home.directory)) assert.doesNotMatch(line ?? '', /eyJ|PRIVATE KEY|Bearer/);
  }

  await using client = openClusterClient(await loadKubeconfig({ path: home.kubeconfig }));
  const ask = async (method: string, path: string, body?: unknown) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await client.request({
      method,
      path,
      headers: { 'Content-Type': type },
      ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
    });
    return { status: answer.status, body: await text(answer.body) };
  };
  const port = Number(new URL(cluster.apiUrl).port);

  // A Node that says it is the API server.
  await ask('POST', '/api/v1/nodes', { metadata: { name: 'localhost' } });
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  assert.equal((await ask('PATCH', '/api/v1/nodes/localhost/status', { status })).status, 200);
  assert.equal((await ask('GET', '/api/v1/nodes/localhost/proxy/api/v1/secrets')).status, 403);

  // Endpoints and a pod by hand, in a namespace of their own, that name others' addresses.
  const evil = '/api/v1/namespaces/evil';
  await ask('POST', '/api/v1/namespaces', { metadata: { name: 'evil' } });
  const spec = { containers: [{ name: 'c', image: 'x' }], nodeName: 'nowhere', serviceAccountName: 'a' };
  await ask('POST', `${evil}/serviceaccounts`, { metadata: { name: 'a' } });
  assert.equal((await ask('POST', `${evil}/pods`, { metadata: { name: 'p' }, spec })).status, 201);
  await ask('POST', `${evil}/services`, { metadata: { name: 's' }, spec: { ports: [{ port }] } });
  await ask('POST', `${evil}/endpoints`, { metadata: { name: 's' }, subsets: [] });
  for (const ip of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', '0.0.0.0']) {
    assert.equal(
      (await ask('PATCH', `${evil}/pods/p/status`, { status: { podIP: ip, podIPs: [{ ip }] } })).status,
      200,
    );
    const addresses = [{ ip, targetRef: { kind: 'Pod', name: 'p', namespace: 'evil' } }];
    assert.equal(
      (await ask('PATCH', `${evil}/endpoints/s`, { subsets: [{ addresses, ports: [{ port }] }] })).status,
      200,
    );
    const pod = await ask('GET', `${evil}/pods/p:${port}/proxy/`);
    assert.deepEqual([pod.status, JSON.parse(pod.body).message], [400, 'address not allowed'], ip);
    const service = await ask('GET', `${evil}/services/s/proxy/`);
    assert.equal(service.status, 503, ip);
    assert.match(service.body, /no endpoints available/);
  }
});
