import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { ConnectionError } from './connection-error.ts';
import type { Credentials } from './credentials.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';
import { WatchBroken } from './watch-stream.ts';

const thing = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } };

test('paths, bodies and content types of every verb', async () => {
  const seen: string[] = [];
  await using server = await scriptedServer((request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? '-'} ${body}`);
    answerJson(response, 200, thing);
  });
  await using client = openClusterClient(server.config);
  const things = client.resource<KubeObject>('apps/v1', 'things');
  await things.get('a', { namespace: 'n' });
  await things.create(thing);
  await things.create(thing, { subresource: 'binding' });
  await things.update(thing);
  await things.updateStatus(thing);
  await things.patch('a', { x: 1 }, { type: 'application/merge-patch+json', namespace: 'n', subresource: 'scale' });
  await things.delete('a', { namespace: 'n', gracePeriodSeconds: 0 });
  await things.deleteCollection({ namespace: 'n', labelSelector: 'a=b' });
  const root = '/apis/apps/v1/namespaces/n/things';
  const json = 'application/json';
  const object = JSON.stringify(thing);
  assert.deepEqual(seen, [
    `GET ${root}/a - `,
    `POST ${root} ${json} ${object}`,
    `POST ${root}/a/binding ${json} ${object}`,
    `PUT ${root}/a ${json} ${object}`,
    `PUT ${root}/a/status ${json} ${object}`,
    `PATCH ${root}/a/scale application/merge-patch+json {"x":1}`,
    `DELETE ${root}/a ${json} {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}`,
    `DELETE ${root}?labelSelector=a%3Db ${json} {"kind":"DeleteOptions","apiVersion":"v1"}`,
  ]);
});

test('a name that would change the path is refused before anything is sent', async () => {
  await using server = await scriptedServer((_request, response) => answerJson(response, 200, thing));
  await using client = openClusterClient(server.config);
  const things = client.resource('v1', 'things');
  for (const name of ['', '.', '..', 'a/b', '%2e%2e']) {
    await assert.rejects(async () => things.get(name), TypeError);
  }
  assert.deepEqual(server.requests, []);
});

test('refusals are StatusErrors: with the Status of the server, or one made of code and text', async () => {
  await using server = await scriptedServer((request, response) => {
    if (request.url?.endsWith('/plain')) response.writeHead(502).end('no luck');
    else answerStatus(response, 401, 'Unauthorized');
  });
  await using client = openClusterClient(server.config);
  const things = client.resource('v1', 'things');
  await assert.rejects(things.get('a'), (error) => error instanceof StatusError && error.reason === 'Unauthorized');
  await assert.rejects(
    things.get('plain'),
    (error) => error instanceof StatusError && error.code === 502 && error.message === 'no luck',
  );
});

test('429 with Retry-After is tried again, 503 only for reads', async () => {
  let refusals = 0;
  await using server = await scriptedServer((request, response) => {
    const code = request.url?.includes('busy') ? 503 : 429;
    if (refusals++ === 0) answerStatus(response, code, 'TooManyRequests', { 'Retry-After': '0' });
    else answerJson(response, 200, thing);
  });
  await using client = openClusterClient(server.config);
  await client.resource('v1', 'things').create(thing);
  refusals = 0;
  await client.resource('v1', 'busy').get('a');
  refusals = 0;
  await assert.rejects(
    client.resource('v1', 'busy').create(thing),
    (error) => error instanceof StatusError && error.code === 503,
  );
  assert.equal(server.requests.length, 5);
});

test('what an application answers behind the proxy verb is not asked for again', async () => {
  let answers = 0;
  await using server = await scriptedServer((_request, response) => {
    const code = answers++ % 2 === 0 ? 503 : 200;
    answerStatus(response, code, 'ServiceUnavailable', { 'Retry-After': '0' });
  });
  await using client = openClusterClient(server.config);
  const ask = async (path: string) => {
    const { status, body } = await client.request({ method: 'GET', path });
    body.resume();
    return status;
  };
  const root = '/api/v1/namespaces/n';
  for (const path of [`${root}/services/s/proxy/`, `${root}/pods/https:p:8443/proxy`, '/api/v1/nodes/n/proxy/x?y']) {
    assert.deepEqual([await ask(path), await ask(path)], [503, 200]);
  }
  for (const path of [`${root}/configmaps/proxy`, '/api/v1/namespaces/services/pods/proxy', `${root}/services/s`]) {
    assert.equal(await ask(path), 200);
  }
});

test('Retry-After below zero is now; what is no integer says nothing', async () => {
  for (const [value, requests] of [
    ['-5', 2],
    ['+0', 2],
    ['0.5', 1],
    ['-', 1],
  ] as const) {
    let refusals = 0;
    await using server = await scriptedServer((_request, response) => {
      if (refusals++ === 0) answerStatus(response, 429, 'TooManyRequests', { 'Retry-After': value });
      else answerJson(response, 200, thing);
    });
    await using client = openClusterClient(server.config);
    await client
      .resource('v1', 'things')
      .get('a')
      .catch(() => {});
    assert.equal(server.requests.length, requests, value);
  }
});

test('a redirect is an answer, not a way', async () => {
  let visited = false;
  await using other = await scriptedServer((_request, response) => {
    visited = true;
    response.end();
  });
  await using server = await scriptedServer((_request, response) =>
    response.writeHead(302, { Location: other.config.server }).end(),
  );
  await using client = openClusterClient({ ...server.config, token: 'secret' });
  await assert.rejects(
    client.resource('v1', 'things').get('a'),
    (error) => error instanceof StatusError && error.code === 302,
  );
  await assert.rejects(client.openWebSocket({ path: '/exec', subprotocols: ['v5.channel.k8s.io'] }), StatusError);
  assert.equal(visited, false);
});

test('the token of a file is sent, and an own Authorization instead of it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-client-'));
  try {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, 'from-file\n');
    const seen: (string | undefined)[] = [];
    await using server = await scriptedServer((request, response) => {
      seen.push(request.headers.authorization);
      answerJson(response, 200, thing);
    });
    await using client = openClusterClient({ ...server.config, token: 'other', tokenFile });
    await client.resource('v1', 'things').get('a');
    (await client.request({ method: 'GET', path: '/', headers: { authorization: 'Basic x' } })).body.resume();
    assert.deepEqual(seen, ['Bearer from-file', 'Basic x']);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the time limit ends a slow answer with a sentence, and an abort with its reason', async () => {
  await using server = await scriptedServer(() => {});
  await using client = openClusterClient({ ...server.config, requestTimeoutMs: 50 });
  await assert.rejects(
    client.resource('v1', 'things').get('a'),
    (error) => error instanceof StatusError && error.reason === 'Timeout',
  );
  await assert.rejects(
    client.request({ method: 'GET', path: '/' }),
    (error) => error instanceof StatusError && error.reason === 'Timeout',
  );
  const stop = new AbortController();
  const waiting = client.resource('v1', 'things').list({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});

test('closing a client ends its calls, those with a signal of their own and over a shared pool too', async () => {
  const heads = Promise.withResolvers<void>();
  await using server = await scriptedServer(({ url }, response) => {
    if (url !== '/head') return;
    response.writeHead(200).flushHeaders();
    heads.resolve();
  });
  await using pool = openUpstreamPool();
  const client = openClusterClient(server.config, { pool });
  const { signal } = new AbortController();
  const things = client.resource('v1', 'things');
  const begun = await client.request({ method: 'GET', path: '/head', signal });
  const ended = Promise.all(
    [
      begun.body.toArray(),
      things.get('a', { signal }),
      Array.fromAsync(things.watch({ signal })),
      client.request({ method: 'GET', path: '/', signal }),
      client.openWebSocket({ path: '/', subprotocols: ['x'], signal }),
    ].map((call) => assert.rejects(call, { name: 'AbortError', message: 'the client was closed' })),
  );
  await heads.promise;
  await client[Symbol.asyncDispose]();
  await ended;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('what a handler of warnings throws is thrown as it is, and no connection is left behind', async () => {
  const sockets = new Set<unknown>();
  await using server = await scriptedServer(({ socket }, response) => {
    sockets.add(socket);
    answerJson(response, 200, { ...thing, data: { a: 'x'.repeat(1_000_000) } }, { Warning: '299 - "old"' });
  });
  await using client = openClusterClient(server.config);
  const onWarning = (text: string) => {
    throw new RangeError(text);
  };
  for (let i = 0; i < 3; i++) await assert.rejects(client.resource('v1', 'things').get('a', { onWarning }), RangeError);
  assert.equal(sockets.size, 1);
});

test('an answer without a body leaves nothing on the signal, whether or not anybody reads that', async () => {
  await using server = await scriptedServer((_request, response) => response.writeHead(204).end());
  await using client = openClusterClient({ ...server.config, requestTimeoutMs: 60_000 });
  const { signal } = new AbortController();
  await client.request({ method: 'DELETE', path: '/', signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('closing the client ends a watch', async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await scriptedServer((_request, response) => {
    response.writeHead(200).flushHeaders();
    asked.resolve();
  });
  const client = openClusterClient(server.config);
  const watching = Array.fromAsync(client.resource('v1', 'things').watch());
  await asked.promise;
  await client[Symbol.asyncDispose]();
  await assert.rejects(watching, /closed/);
});

test('a server that is not there, or not to be trusted, is named with what to do', async () => {
  const server = await scriptedServer(() => {});
  await server[Symbol.asyncDispose]();
  await using client = openClusterClient(server.config);
  await assert.rejects(client.resource('v1', 'things').get('a'), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /^Cannot talk to the API server http:\/\/127\.0\.0\.1:\d+: nothing listens there/);
    return !error.sent;
  });

  const [own, other] = [testCertificate(), testCertificate()];
  const secure = createServer({ cert: own.cert, key: own.key }, (_request, response) =>
    answerJson(response, 200, thing),
  );
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  try {
    await using trusting = openClusterClient({ server: url, namespace: 'n', tls: { ca: own.ca } });
    assert.equal((await trusting.resource('v1', 'things').get('a')).metadata.name, 'a');
    await using careful = openClusterClient({ server: url, namespace: 'n', tls: { ca: other.ca } });
    await assert.rejects(careful.resource('v1', 'things').get('a'), /not signed by the certificate authority/);
    await using misnamed = openClusterClient({
      server: url,
      namespace: 'n',
      tls: { ca: own.ca, serverName: 'other.example' },
    });
    await assert.rejects(misnamed.resource('v1', 'things').get('a'), /certificate is for other names/);
  } finally {
    secure.closeAllConnections();
    secure.close();
  }
});

test('a body that cannot be read fails its request while credentials are waited for; one that is never begun is let go', async () => {
  await using server = await scriptedServer((_request, response) => answerJson(response, 200, {}));
  const asked = Promise.withResolvers<void>();
  const credentials = {
    current(signal: AbortSignal) {
      asked.resolve();
      return new Promise<Credentials>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    renew: async () => false,
  };
  await using client = openClusterClient({ ...server.config, credentials });
  const body = createReadStream('/nonexistent/file');
  const failed = client.request({ method: 'POST', path: '/', body });
  await asked.promise;
  await assert.rejects(
    failed,
    (error) =>
      error instanceof ConnectionError && !error.sent && /the request's body failed: ENOENT/.test(error.message),
  );
  assert.deepEqual(server.requests, []);

  await using lost = openClusterClient({ server: 'http://127.0.0.1:1', namespace: 'n' });
  const unread = new Readable({ read() {} });
  await assert.rejects(lost.request({ method: 'POST', path: '/', body: unread }), ConnectionError);
  assert.equal(unread.destroyed, true);
});

test('a proxy that is not there is what the sentence is about', async () => {
  const { config } = await scriptedServer(() => {}).then(async (gone) => {
    await gone[Symbol.asyncDispose]();
    return gone;
  });
  const proxy = { protocol: 'http', host: '127.0.0.1', port: Number(new URL(config.server).port) } as const;
  await using client = openClusterClient({ server: 'https://api.invalid', namespace: 'default', proxy });
  await assert.rejects(
    client.request({ method: 'GET', path: '/api' }),
    /api\.invalid.* through the proxy http:\/\/127.*ECONNREFUSED.* Check the proxy/,
  );
});

test('a watch: events however the bytes are cut, and what is cut off is an error after the last whole event', async () => {
  const line = (type: string, name: string) =>
    `${JSON.stringify({ type, object: { ...thing, metadata: { name } } })}\n`;
  await using server = await scriptedServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const text = `${line('ADDED', 'ä')}${line('MODIFIED', 'b')}`;
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    if (request.url?.includes('/whole?')) response.end();
    else if (request.url?.includes('/part?')) response.end('{"type":"ADD');
    else if (request.url?.includes('/junk?')) response.end('hello\n');
    else response.write('', () => response.destroy());
  });
  await using client = openClusterClient(server.config);
  async function watch(plural: string): Promise<{ names: unknown[]; error: unknown }> {
    const names: unknown[] = [];
    try {
      for await (const { type, object } of client.resource('v1', plural).watch())
        names.push(`${type} ${object.metadata.name}`);
      return { names, error: undefined };
    } catch (error) {
      return { names, error };
    }
  }
  const both = ['ADDED ä', 'MODIFIED b'];
  assert.deepEqual(await watch('whole'), { names: both, error: undefined });
  for (const plural of ['part', 'junk']) {
    const { names, error } = await watch(plural);
    assert.deepEqual(names, both);
    assert.ok(error instanceof ConnectionError && error.cause instanceof WatchBroken, plural);
  }
  const { error } = await watch('lost');
  assert.ok(error instanceof ConnectionError);
});

test('an ERROR event is thrown as StatusError', async () => {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Expired',
    code: 410,
    message: 'too old',
  };
  await using server = await scriptedServer((_request, response) =>
    response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`),
  );
  await using client = openClusterClient(server.config);
  await assert.rejects(
    Array.fromAsync(client.resource('v1', 'things').watch()),
    (error) => error instanceof StatusError && error.code === 410,
  );
});
