import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiAccess } from './api-access.ts';
import { ApiServer } from './api-server.ts';
import type { ClientConfig } from './client-config.ts';
import type { ClusterClient } from './cluster-client.ts';
import { openClusterClient } from './cluster-client-http.ts';
import type { Credentials } from './credentials.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';

const signal = new AbortController().signal;
const base: ClientConfig = { server: 'https://api.example', namespace: 'default' };

test('headers say who asks, and as whom', async () => {
  const access = new ApiAccess(
    {
      ...base,
      username: 'jö',
      password: 'p:w',
      impersonate: { user: 'jane', uid: '7', groups: ['a', 'bü'], extra: { 'example.com/x y%': ['1', '2'] } },
    },
    false,
  );
  const pass = await access.pass(signal);
  assert.deepEqual(pass.headers, [
    ['Authorization', `Basic ${Buffer.from('jö:p:w').toString('base64')}`],
    ['Impersonate-User', 'jane'],
    ['Impersonate-Uid', '7'],
    ['Impersonate-Group', 'a'],
    // The bytes of UTF-8: heads are written byte by byte.
    ['Impersonate-Group', 'b\xc3\xbc'],
    ['Impersonate-Extra-example.com%2Fx%20y%25', '1'],
    ['Impersonate-Extra-example.com%2Fx%20y%25', '2'],
  ]);
  assert.equal(access.pass(signal), pass);
  assert.equal(await access.renew(pass, signal), false);
});

test('a certificate of the credentials takes the place of that of the configuration, and leaves with it', async () => {
  const queue: Credentials[] = [
    { certificate: { cert: 'new', key: 'new' } },
    { certificate: { cert: 'newer', key: 'newer' } },
    {},
  ];
  const credentials = { current: () => queue.shift() ?? {}, renew: async () => false };
  const tls = { ca: 'ca', cert: 'old', key: 'old' };
  const access = new ApiAccess({ ...base, credentials }, false);
  const server = new ApiServer(base.server, { tls });
  const seen = [1, 2, 3].map(() => access.pass(signal));
  assert.deepEqual(
    (await Promise.all(seen)).map((pass) => server.endpoint(pass.credentials).tls),
    [
      { ca: 'ca', cert: 'new', key: 'new' },
      { ca: 'ca', cert: 'newer', key: 'newer' },
      { ca: 'ca', cert: 'old', key: 'old' },
    ],
  );
  assert.deepEqual(server.anonymous.tls, { ca: 'ca' });
});

test('a token file is read again when its token is refused, and the request repeated once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-token-'));
  try {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, 'one\n');
    const seen: (string | undefined)[] = [];
    await using server = await scriptedServer((request, response) => {
      seen.push(request.headers.authorization);
      if (request.headers.authorization === 'Bearer two') answerJson(response, 200, {});
      else answerStatus(response, 401, 'Unauthorized');
    });
    await using client = openClusterClient({ ...server.config, tokenFile });
    assert.equal((await client.request({ method: 'GET', path: '/api' })).status, 401);
    await writeFile(tokenFile, 'two\n');
    const body = Buffer.from('{}');
    assert.equal((await client.request({ method: 'POST', path: '/api', body })).status, 200);
    assert.deepEqual(seen, ['Bearer one', 'Bearer one', 'Bearer two']);
    await writeFile(tokenFile, 'has spaces\n');
    await using other = openClusterClient({ ...server.config, tokenFile });
    await assert.rejects(other.request({ method: 'GET', path: '/api' }), /token file .*token holds something/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('until the token file can be read, the token beside it serves', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-token-'));
  try {
    await using server = await scriptedServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer refused') answerStatus(response, 401, 'Unauthorized');
      else answerJson(response, 200, headers);
    });
    const kubeconfig = join(directory, 'config');
    const connect = async (token: string) => {
      const user = { token, tokenFile: 'token' };
      const document = {
        'current-context': 'one',
        clusters: [{ name: 'c', cluster: { server: server.config.server } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
      };
      await writeFile(kubeconfig, JSON.stringify(document));
      return openClusterClient(await loadKubeconfig({ path: kubeconfig, env: {} }));
    };
    const askedBy = async (client: ClusterClient) =>
      Reflect.get(await client.resource('v1', 'pods').get('a'), 'authorization');
    for (const content of [undefined, ' \n', 'is none']) {
      if (content !== undefined) await writeFile(join(directory, 'token'), content);
      await using client = await connect('written-down');
      assert.equal(await askedBy(client), 'Bearer written-down');
    }
    await using client = await connect('refused');
    await assert.rejects(askedBy(client), { code: 401 });
    await writeFile(join(directory, 'token'), 'rotated');
    assert.equal(await askedBy(client), 'Bearer rotated');
    await using other = await connect('written-down');
    assert.equal(await askedBy(other), 'Bearer rotated');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a token file may be a pipe; one that is silent or without end is given up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-token-'));
  try {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await using server = await scriptedServer(({ headers }, response) => answerJson(response, 200, headers));
    const ask = async (tokenFile: string, limitMs: number) => {
      await using client = openClusterClient({ ...server.config, tokenFile });
      const get = () => client.resource('v1', 'pods').get('a', { signal: AbortSignal.timeout(limitMs) });
      return await Promise.all([get(), get()]);
    };
    await assert.rejects(ask(pipe, 10_000), /token file .*pipe: it is a pipe, and nothing is written into it/);
    await assert.rejects(ask('/dev/zero', 10_000), /token file \/dev\/zero holds something that is no token/);
    const writer = await open(pipe, 'r+');
    await assert.rejects(ask(pipe, 50), { name: 'TimeoutError' });
    const answers = ask(pipe, 10_000);
    await writer.write('piped\n');
    // What is left to those that wait for it.
    assert.equal(new ApiAccess({ ...base, tokenFile: pipe }, false).passAtHand(), undefined);
    await writer.close();
    for (const answer of await answers) assert.equal(Reflect.get(answer, 'authorization'), 'Bearer piped');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the server's URL becomes an endpoint, a Host and a prefix", () => {
  const of = (server: string) => {
    const { anonymous: endpoint, host, basePath } = new ApiServer(server, {});
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
    const { isOverheard } = new ApiServer(server, {});
    const access = new ApiAccess({ server, namespace: 'default', token: 't', impersonate }, isOverheard);
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
