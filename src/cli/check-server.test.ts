import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openClusterClient } from '../client/cluster-client-http.ts';
import type { CredentialSource } from '../client/credentials.ts';
import { bearer, CredentialError } from '../client/credentials.ts';
import { checkServer } from './check-server.ts';
import { toldLogin, wasTold } from './proxy/told-login.ts';

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

test('a failed login that was told already is not told again', async (t) => {
  const server = await listen(t, (_request, response) => response.writeHead(401).end());
  let failure = new CredentialError('It is over.');
  const source: CredentialSource = {
    current: () => bearer('old'),
    renew: () => Promise.reject(failure),
  };
  const told: string[] = [];
  const tell = ({ message }: Error) => void told.push(`login: ${message}`);
  await using client = openClusterClient({ server, namespace: 'default', credentials: toldLogin(source, tell) });
  const { signal } = new AbortController();
  const warn = (sentence: string) => void told.push(sentence);
  await checkServer({ client, server, signal, warn, isTold: wasTold });
  assert.deepEqual(told, ['login: It is over.']);
  // What never worked is told by the check alone.
  failure = new CredentialError('No.');
  const credentials = toldLogin({ ...source, current: () => Promise.reject(failure) }, tell);
  await using another = openClusterClient({ server, namespace: 'default', credentials });
  await checkServer({ client: another, server, signal, warn, isTold: wasTold });
  assert.deepEqual(told, ['login: It is over.', 'warning: No.']);
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
