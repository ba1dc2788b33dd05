import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';

interface Written {
  clusters: { name: string; cluster: { server: string; 'certificate-authority-data': string } }[];
  contexts: { name: string; context: { cluster: string; namespace: string } }[];
  users: { user: { token: string } }[];
}

async function scratch() {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-door-'));
  return { file: join(directory, 'config'), [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

async function read(file: string): Promise<Written> {
  return JSON.parse((await readFile(file, 'utf8')).replace(/^#.*\n/, ''));
}

function ask(
  { clusters: [cluster] }: Written,
  path: string,
  { method = 'GET', server = cluster?.cluster.server ?? '', ...headers }: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const ca = Buffer.from(cluster?.cluster['certificate-authority-data'] ?? '', 'base64');
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, { method, ca, agent: false, headers: { ...headers } }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('the file is its owner’s alone, leads to each context, and is gone with the gateway', async () => {
  await using place = await scratch();
  {
    await using gateway = await openGatewayFixture({ context: 'Dev', others: ['Staging'], kubeconfigFile: place.file });
    assert.equal((await stat(place.file)).mode & 0o777, 0o600);
    const config = await read(place.file);
    assert.deepEqual(
      config.contexts.map(({ name }) => name),
      ['Dev', 'Staging'],
    );
    const authorization = `Bearer ${config.users[0]?.user.token}`;
    const own = await ask(config, '/api/v1/things?x=%2F', { authorization, 'Impersonate-User': 'jane', cookie: 'a=1' });
    const { url, headers } = JSON.parse(own.body);
    assert.equal(url, '/api/v1/things?x=%2F');
    assert.equal(headers.authorization, 'Bearer ours');
    assert.equal(headers['impersonate-user'], 'jane');
    const staging = await ask(config, '/version', { authorization, server: config.clusters[1]?.cluster.server ?? '' });
    assert.equal(JSON.parse(staging.body).headers.authorization, 'Bearer of Staging');
    // What the browser's side rejects passes here.
    const exec = await ask(config, '/api/v1/namespaces/shop/pods/p/exec?command=ls', { method: 'POST', authorization });
    assert.equal(exec.status, 200);
    assert.deepEqual(gateway.log, []);
  }
  await assert.rejects(stat(place.file), { code: 'ENOENT' });
});

test('only the token opens it, only over TLS, only its paths', async () => {
  await using place = await scratch();
  await using gateway = await openGatewayFixture({ context: 'dev', kubeconfigFile: place.file });
  const config = await read(place.file);
  const token = config.users[0]?.user.token ?? '';
  assert.equal((await ask(config, '/api')).status, 401);
  for (const authorization of [
    'Bearer ',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    token,
    `bearer ${token}`,
    'Bearer ours',
  ]) {
    const { status, body } = await ask(config, '/api', { authorization });
    assert.equal(status, 401, authorization);
    assert.equal(JSON.parse(body).reason, 'Unauthorized');
    assert.ok(!body.includes(token));
  }
  const authorization = `Bearer ${token}`;
  const root = `https://127.0.0.1:${gateway.port}`;
  for (const server of [
    root,
    `${root}/.fairlead/clusters`,
    `${root}/.fairlead/clusters/other`,
    `${root}/.fairlead/clusters/devx`,
  ])
    assert.equal((await ask(config, '/api', { authorization, server })).status, 404, server);
  assert.deepEqual(gateway.cluster.requests, []);
  const plain = await gateway.ask('/.fairlead/clusters/dev/api/v1/secrets', { headers: { authorization } });
  assert.equal(JSON.parse(plain.body).url, '/.fairlead/clusters/dev/api/v1/secrets', 'the API has no such path');
});

test('a file that no gateway wrote is not replaced, and one that was changed is left', async () => {
  await using place = await scratch();
  await writeFile(place.file, 'apiVersion: v1\n');
  await assert.rejects(openGatewayFixture({ kubeconfigFile: place.file }), /is not replaced: .*no gateway wrote it/);
  assert.equal(await readFile(place.file, 'utf8'), 'apiVersion: v1\n');
  await rm(place.file);
  let first: string;
  {
    await using _gateway = await openGatewayFixture({ kubeconfigFile: place.file });
    first = await readFile(place.file, 'utf8');
    await using _second = await openGatewayFixture({ kubeconfigFile: place.file });
    assert.notEqual(await readFile(place.file, 'utf8'), first);
    await writeFile(place.file, 'mine\n');
  }
  assert.equal(await readFile(place.file, 'utf8'), 'mine\n');
  await assert.rejects(
    openGatewayFixture({ kubeconfigFile: '/proc/none/here' }),
    /cannot be written: its folder is not there/,
  );
  await rm(place.file);
  execFileSync('mkfifo', [place.file]);
  await assert.rejects(openGatewayFixture({ kubeconfigFile: place.file }), /is no file: it is not replaced/);
});
