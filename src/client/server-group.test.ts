/** Several API servers of one cluster, of which each may fail in its own way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ClusterClient } from './cluster-client.ts';
import { ConnectionError } from './connection-error.ts';
import { fast, never, scriptedGroup } from './scripted-group.ts';
import type { Script, ScriptedApiServer } from './scripted-servers.ts';
import { answer } from './scripted-servers.ts';

async function ask(client: ClusterClient, method = 'GET', path = '/api', body?: string): Promise<string> {
  const response = await client.request({ method, path, ...(body !== undefined && { body: Buffer.from(body) }) });
  return `${response.status} ${JSON.parse(await text(response.body)).by}`;
}

/** Asks until this server was taken; the other must not have been the end of any. */
async function askUntil(
  client: ClusterClient,
  server: ScriptedApiServer,
  method: string,
  path = '/api',
  body?: string,
) {
  const answers: string[] = [];
  const before = server.requests.length;
  while (server.requests.length === before) answers.push(await ask(client, method, path, body));
  return answers;
}

const isUnknown = (error: unknown) =>
  error instanceof ConnectionError && error.sent && /is not known: look before you repeat it/.test(error.message);

test('requests are spread; a server that is gone is passed over, and has its share again when it is back', async () => {
  await using fixture = await scriptedGroup(fast);
  const { a, b, client, state } = fixture;
  const many = () => Promise.all(Array.from({ length: 40 }, () => ask(client)));
  assert.deepEqual(new Set(await many()), new Set(['200 a', '200 b']));
  await a.stop();
  assert.deepEqual(new Set(await many()), new Set(['200 b']));
  await state(a, 'down');
  assert.match(client.servers.list()[0]?.lastError ?? '', /ECONNREFUSED/);
  const seen = a.requests.length;
  await a.start();
  await state(a, 'ready');
  await many();
  assert.ok(a.requests.length > seen);
  assert.deepEqual(
    client.servers.list().map(({ inFlight }) => inFlight),
    [0, 0],
  );
  await b.stop();
  assert.deepEqual(new Set(await many()), new Set(['200 a']));
});

test('the pool is never empty: with all servers gone each is tried, and the first that is back is found at once', async () => {
  await using fixture = await scriptedGroup(never);
  const { a, b, client } = fixture;
  await a.stop();
  await b.stop();
  await assert.rejects(ask(client), (error) => error instanceof ConnectionError && /refused/.test(error.message));
  assert.deepEqual(
    client.servers.list().map(({ state }) => state),
    ['down', 'down'],
  );
  await b.start();
  assert.equal(await ask(client), '200 b');
  assert.equal(await ask(client, 'POST', '/api', '{}'), '200 b');
});

test('a write goes elsewhere where the server could not be reached, and is made once', async () => {
  await using fixture = await scriptedGroup(never);
  const { a, b, client } = fixture;
  await a.stop();
  const writes = await Promise.all(Array.from({ length: 20 }, () => ask(client, 'POST', '/api', '{}')));
  assert.deepEqual(new Set(writes), new Set(['200 b']));
  assert.equal(b.requests.length, 20);
});

for (const [what, script] of [
  ['half of it', ({ body, length, socket }) => body.length >= length / 2 && Boolean(socket.destroy())],
  ['all of it', ({ body, length, socket }) => body.length >= length && Boolean(socket.destroy())],
  [
    'all of it and answered half a head',
    ({ body, length, socket }) => body.length >= length && Boolean(socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
  ],
] satisfies [string, Script][]) {
  test(`a write to a server that dies after reading ${what} is not sent again, and its outcome said to be unknown`, async () => {
    await using fixture = await scriptedGroup(never, script);
    const { a, b, client } = fixture;
    const body = 'x'.repeat(200_000);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const [taken, others] = [a.requests.length, b.requests.length];
      let good = 0;
      const counted = async () => {
        for (;;) {
          await ask(client, method, '/api', body);
          good++;
        }
      };
      await assert.rejects(counted(), isUnknown);
      assert.deepEqual([a.requests.length - taken, b.requests.length - others], [1, good]);
    }
  });
}

test('a write goes elsewhere where the server ended or turned it away before it took anything of its body', async () => {
  const scripts: Script[] = [
    ({ socket }) => Boolean(socket.destroy()),
    ({ socket }) => {
      answer(socket, '503 Service Unavailable', '{}', ['Retry-After: 1', 'Connection: close']);
      return Boolean(socket.end());
    },
  ];
  await using fixture = await scriptedGroup(never);
  const { a, b, client } = fixture;
  a.continues = false;
  for (const script of scripts) {
    const bodies: string[] = [];
    a.script = (request) => {
      bodies.push(request.body);
      return script(request);
    };
    const from = b.requests.length;
    const answers = await askUntil(client, a, 'POST', '/api', 'x'.repeat(100_000));
    assert.deepEqual(new Set(answers), new Set(['200 b']));
    assert.deepEqual(bodies, ['']);
    assert.equal(b.requests.length - from, answers.length);
  }
  // Without a body it is the head that acts.
  a.script = ({ socket }) => Boolean(socket.destroy());
  await assert.rejects(askUntil(client, a, 'DELETE'), isUnknown);
});

test('a server that does not know Expect is sent the body after a second', async () => {
  await using fixture = await scriptedGroup(never);
  const { a, client } = fixture;
  a.continues = false;
  const answers = await askUntil(client, a, 'POST', '/api', '{}');
  assert.equal(answers.at(-1), '200 a');
});

test('a read goes elsewhere as long as nothing of an answer was passed on', async () => {
  const scripts: Script[] = [
    ({ socket }) => Boolean(socket.destroy()),
    ({ socket }) => Boolean(socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
  ];
  await using fixture = await scriptedGroup(never);
  const { a, client } = fixture;
  for (const script of scripts) {
    a.script = script;
    assert.deepEqual(new Set(await askUntil(client, a, 'GET')), new Set(['200 b']));
  }
  a.script = ({ socket }) => Boolean(socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"by": '));
  await assert.rejects(async () => {
    for (;;) await ask(client);
  }, /cut off/);
});

test('what a GET leads to may be a write: proxy, exec and their like are not asked for twice', async () => {
  await using fixture = await scriptedGroup(never, ({ socket }) => Boolean(socket.destroy()));
  const { b, client } = fixture;
  for (const path of ['/api/v1/namespaces/n/services/s/proxy/', '/api/v1/namespaces/n/pods/p/exec?command=x']) {
    b.requests.length = 0;
    let good = 0;
    await assert.rejects(async () => {
      for (;;) {
        await ask(client, 'GET', path);
        good++;
      }
    }, isUnknown);
    assert.equal(b.requests.length, good);
  }
});

test('an upgrade goes elsewhere only where the server could not be reached', async () => {
  const refuse: Script = ({ socket }) => {
    answer(socket, '403 Forbidden', '{}');
    return true;
  };
  await using fixture = await scriptedGroup(never, refuse, refuse);
  const { a, b, client } = fixture;
  const path = '/api/v1/namespaces/n/pods/p/exec?command=x';
  const upgrade = () => client.openWebSocket({ path, subprotocols: ['v5.channel.k8s.io'] });
  await a.stop();
  for (let i = 0; i < 10; i++) await assert.rejects(upgrade(), { code: 403 });
  assert.equal(b.requests.length, 10);
  await a.start();
  b.script = a.script = ({ socket }) => Boolean(socket.destroy());
  b.requests.length = a.requests.length = 0;
  await assert.rejects(upgrade(), ConnectionError);
  assert.equal(a.requests.length + b.requests.length, 1);
});

test('an answer without a body is over, whether or not anybody reads that', async () => {
  const empty: Script = ({ socket }) => {
    answer(socket, '200 OK', '');
    return true;
  };
  await using fixture = await scriptedGroup(never, empty, empty);
  const { client } = fixture;
  const { signal } = new AbortController();
  for (const method of ['DELETE', 'HEAD', 'GET']) await client.request({ method, path: '/api', signal });
  assert.deepEqual(
    client.servers.list().map(({ inFlight }) => inFlight),
    [0, 0],
  );
  // Reading it is as good.
  const { body } = await client.request({ method: 'HEAD', path: '/api' });
  assert.equal(await text(body), '');
});

test('a draining server gets no new request, and what it has in flight goes on', async () => {
  await using fixture = await scriptedGroup(fast);
  const { a, b, client, state } = fixture;
  a.script = ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    return true;
  };
  let stream = await client.request({ method: 'GET', path: '/watch' });
  while (a.requests.length === 0) {
    await text(stream.body);
    stream = await client.request({ method: 'GET', path: '/watch' });
  }
  a.readyz = '500 Internal Server Error';
  await state(a, 'draining');
  assert.equal(client.servers.list()[0]?.inFlight, 1);
  await a.closeListener();
  await state(a, 'down');
  for (let i = 0; i < 20; i++) assert.equal(await ask(client), '200 b');
  assert.equal(a.requests.length, 1);
  const [chunk] = await once(stream.body, 'data');
  assert.equal(String(chunk), 'one');
  stream.body.destroy();
  await once(stream.body, 'close');
  assert.equal(client.servers.list()[0]?.inFlight, 0);
  assert.ok(b.requests.length >= 20);
});

test('a server that turns requests away because it stops is left at once, by writes too', async () => {
  await using fixture = await scriptedGroup(never, ({ socket }) => {
    answer(socket, '429 Too Many Requests', '{}', ['Retry-After: 5', 'Connection: close']);
    return Boolean(socket.end());
  });
  const { a, client } = fixture;
  assert.deepEqual(new Set(await askUntil(client, a, 'POST', '/api', '{}')), new Set(['200 b']));
  assert.equal(client.servers.list()[0]?.state, 'draining');
  for (let i = 0; i < 10; i++) assert.equal(await ask(client, 'POST', '/api', '{}'), '200 b');
  assert.equal(a.requests.length, 1);
});

test('a read that a stopping server answers with 503 is asked elsewhere at once', async () => {
  await using fixture = await scriptedGroup(never, ({ socket }) => {
    answer(socket, '503 Service Unavailable', '{}', ['Retry-After: 3600', 'Connection: close']);
    return Boolean(socket.end());
  });
  assert.deepEqual(new Set(await askUntil(fixture.client, fixture.a, 'GET')), new Set(['200 b']));
});

test('a read that is answered with 503 on a connection that stays open is asked elsewhere at once, a write without a body is not', async () => {
  await using fixture = await scriptedGroup(never, ({ socket }) => {
    answer(socket, '503 Service Unavailable', '{}', ['Retry-After: 3600']);
    return true;
  });
  const { a, client } = fixture;
  assert.deepEqual(new Set(await askUntil(client, a, 'GET')), new Set(['200 b']));
  assert.equal((await askUntil(client, a, 'DELETE')).at(-1), '503 undefined');
});

test('what an application answers behind the proxy verb says nothing of the server and is asked for once', async () => {
  const lines = ['Retry-After: 3600', 'Connection: close'];
  for (const status of ['429 Too Many Requests', '503 Service Unavailable']) {
    const refuse: Script = ({ socket, body, length }) => {
      if (body.length < length) return false;
      answer(socket, status, '{"by": "app"}', lines);
      return Boolean(socket.end());
    };
    await using fixture = await scriptedGroup(never, refuse, refuse);
    const { a, b, client } = fixture;
    const root = '/api/v1/namespaces/n';
    for (const path of [`${root}/services/s:http/proxy`, `${root}/pods/p/proxy/x`, '/api/v1/nodes/n/proxy/?a=b']) {
      for (const [method, body] of [['GET'], ['POST', '{}']] satisfies [string, string?][]) {
        const before = a.requests.length + b.requests.length;
        assert.equal(await ask(client, method, path, body), `${status.slice(0, 3)} app`);
        assert.equal(a.requests.length + b.requests.length, before + 1);
      }
    }
    assert.ok(client.servers.list().every(({ state }) => state !== 'draining'));
  }
});

test('reads leave a server that accepts and never answers once it is silent to probes too; writes wait for its answer', async () => {
  const asked = Promise.withResolvers<void>();
  const waiting: (() => void)[] = [];
  await using fixture = await scriptedGroup({ ...fast, timeoutMs: 50 }, ({ method, socket }) => {
    if (method === 'POST') {
      waiting.push(() => answer(socket, '200 OK', '{"by": "a"}'));
      asked.resolve();
    }
    return true;
  });
  const { a, client, state } = fixture;
  const writes: Promise<string>[] = [];
  while (waiting.length === 0) {
    writes.push(ask(client, 'POST', '/api', '{}'));
    await Promise.race([asked.promise, writes.at(-1)]);
  }
  const reads: Promise<string>[] = [];
  while (!a.requests.includes('GET /api')) {
    reads.push(ask(client));
    await new Promise((resolve) => setImmediate(resolve));
  }
  a.readyz = undefined;
  assert.deepEqual(new Set(await Promise.all(reads)), new Set(['200 b']));
  // Probes that this process kept waiting may have moved reads before: it is down all the same, if not yet.
  await state(a, 'down');
  for (const answerNow of waiting) answerNow();
  assert.ok((await Promise.all(writes)).includes('200 a'));
  a.readyz = '200 OK';
  await state(a, 'ready');
});

test('a server is not taken for silent where this process itself was held up', async () => {
  await using fixture = await scriptedGroup(fast);
  const { a, b, client, state } = fixture;
  await ask(client);
  await Promise.all([state(a, 'ready'), state(b, 'ready')]);
  const lost: string[] = [];
  client.servers.subscribe(({ url, state }) => lost.push(`${url} ${state}`));
  for (let times = 0; times < 5; times++) {
    // Each probe has a connection of its own.
    const { connections } = a;
    while (a.connections === connections) await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
  assert.deepEqual(lost, []);
});

test('what acts by its head alone takes new connections, all else the old ones', async () => {
  await using fixture = await scriptedGroup(never);
  const { a, b, client } = fixture;
  for (let i = 0; i < 20; i++) await ask(client);
  for (let i = 0; i < 20; i++) await ask(client, 'POST', '/api', '{}');
  assert.ok(a.connections <= 1 && b.connections <= 1);
  const before = a.connections + b.connections;
  for (let i = 0; i < 20; i++) await ask(client, 'DELETE', '/api');
  assert.equal(a.connections + b.connections, before + 20);
});
