import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { checkServer } from './check-server.ts';

async function listen(t: TestContext, onRequest: RequestListener): Promise<string> {
  const server = createServer(onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an answer that shows that the server knows the user is no trouble, others are one sentence', async (t) => {
  let status = 200;
  const asked: (string | undefined)[] = [];
  const server = await listen(t, ({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.authorization}`);
    response.writeHead(status, { Location: '/login' }).end('{}');
  });
  await using client = openClusterClient({ server, namespace: 'default', token: 'mine' });
  const { signal } = new AbortController();
  for (const [code, expected] of [
    [200, []],
    [403, []],
    [401, [/^warning: the API server does not know who you are \(401 Unauthorized\).*$/]],
    [302, [/^warning: http:\/\/127\.0\.0\.1:\d+ answers \/version with 302: .*$/]],
    [404, [/ answers \/version with 404: /]],
    [503, [/ answers \/version with 503: /]],
  ] as const) {
    status = code;
    const told: string[] = [];
    await checkServer({ client, server, signal, warn: (sentence) => told.push(sentence) });
    assert.equal(told.length, expected.length, `${code}: ${told}`);
    for (const [index, pattern] of expected.entries()) assert.match(told[index] ?? '', pattern);
  }
  assert.equal(asked.length, 6);
  assert.deepEqual([...new Set(asked)], ['GET /version Bearer mine']);
});

test('silence is told, the answer still waited for, and the end comes without a word', async (t) => {
  const asked = Promise.withResolvers<void>();
  const server = await listen(t, () => asked.resolve());
  await using client = openClusterClient({ server, namespace: 'default' });
  const stop = new AbortController();
  const told: string[] = [];
  const warned = Promise.withResolvers<void>();
  const warn = (sentence: string): void => {
    told.push(sentence);
    warned.resolve();
  };
  const checked = checkServer({ client, server, signal: stop.signal, warn, patienceMs: 20 });
  await Promise.all([asked.promise, warned.promise]);
  stop.abort();
  await checked;
  assert.deepEqual(told, [
    `warning: no answer from the API server ${server} for 0.02 s: check that it is well, or finish the login`,
  ]);
});
