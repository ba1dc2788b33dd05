/** The API's origin in front of several API servers of one cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import type { Script, ScriptedApiServer } from '../client/scripted-servers.ts';
import { answerAs, scriptedApiServer } from '../client/scripted-servers.ts';

async function open(script?: Script) {
  await using parts = new AsyncDisposableStack();
  const a = parts.use(await scriptedApiServer(script ?? answerAs('a')));
  const b = parts.use(await scriptedApiServer(answerAs('b')));
  const gateway = parts.use(await openGatewayFixture({ config: { server: a.url, servers: [b.url] } }));
  const running = parts.move();
  const ask = async (method: string, path = '/api', body?: string) => {
    const answer = await gateway.ask(path, { method, ...(body !== undefined && { body }) });
    return answer.status === 200 ? JSON.parse(answer.body).by : `${answer.status} ${answer.body}`;
  };
  return { a, b, ask, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Asks until this server was taken; returns the last answer and how many the others gave. */
async function reach(server: ScriptedApiServer, ask: () => Promise<string>): Promise<[last: string, before: number]> {
  const from = server.requests.length;
  for (let before = 0; ; before++) {
    const last = await ask();
    if (server.requests.length > from) return [last, before];
  }
}

test('requests are spread, each under the Host of its server; what cannot be reached is passed over', async () => {
  const seen: string[] = [];
  await using cluster = await open((request) => {
    seen.push(/\r\nhost: (.*?)(?:\r\n|$)/i.exec(request.head)?.[1] ?? '');
    return answerAs('a')(request);
  });
  const { a, b, ask } = cluster;
  assert.equal((await reach(a, () => ask('GET')))[0], 'a');
  assert.equal((await reach(b, () => ask('GET')))[0], 'b');
  assert.deepEqual(new Set(seen), new Set([new URL(a.url).host]));
  await a.stop();
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'PUT']) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(method, '/api', method === 'GET' ? undefined : '{}')),
    );
    assert.deepEqual(new Set(answers), new Set(['b']), method);
  }
  await b.stop();
  assert.match(await ask('POST', '/api', '{}'), /^502 .*Nothing was changed/);
  await a.start();
  assert.equal(await ask('POST', '/api', '{}'), 'a');
});

test('a read whose server dies before the answer is tried elsewhere, a write is not', async () => {
  for (const script of [
    ({ socket, body, length }) => body.length >= length && Boolean(socket.destroy()),
    ({ socket, body, length }) => body.length >= length / 2 && Boolean(socket.destroy()),
    ({ socket, body, length }) => body.length >= length && Boolean(socket.end('HTTP/1.1 200')),
  ] satisfies Script[]) {
    await using cluster = await open(script);
    const { a, b, ask } = cluster;
    const [read] = await reach(a, () => ask('GET'));
    // Where a byte of the answer came, the client is told.
    assert.match(read, /^b$|^502 /);
    for (const [method, path] of [
      ['POST', '/api'],
      ['GET', '/api/v1/namespaces/n/services/s/proxy/'],
    ] as const) {
      const from = b.requests.length;
      const [last, before] = await reach(a, () =>
        ask(method, path, method === 'POST' ? 'x'.repeat(100_000) : undefined),
      );
      assert.match(last, /^502 .*not known: look before you repeat it/);
      assert.equal(b.requests.length - from, before);
    }
  }
});

test('a write goes elsewhere where the server ended or turned it away before it took anything of its body', async () => {
  await using cluster = await open();
  const { a, b, ask } = cluster;
  a.continues = false;
  for (const script of [
    ({ socket }) => Boolean(socket.destroy()),
    ({ socket }) =>
      Boolean(socket.end('HTTP/1.1 503 No\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')),
  ] satisfies Script[]) {
    const bodies: string[] = [];
    a.script = (request) => {
      bodies.push(request.body);
      return script(request);
    };
    const from = b.requests.length;
    const [last, before] = await reach(a, () => ask('POST', '/api', 'x'.repeat(100_000)));
    assert.deepEqual([last, bodies], ['b', ['']]);
    assert.equal(b.requests.length - from, before + 1);
  }
  b.continues = false;
  b.script = a.script;
  // Where all turn it away, what the last one says is passed on.
  assert.match(await ask('POST', '/api', '{}'), /^503/);
});
