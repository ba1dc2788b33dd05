/** One of several API servers that is none: a login before it, another program. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openClusterClient } from './cluster-client-http.ts';
import { fast, never, scriptedGroup } from './scripted-group.ts';
import { answer } from './scripted-servers.ts';

test('what is no answer of an API server is blamed on the server that gave it', async () => {
  const page = '<!DOCTYPE html><title>Log in</title>';
  await using fixture = await scriptedGroup(never, undefined, ({ socket, head }) => {
    if (/^upgrade:/im.test(head)) answer(socket, '200 OK', page);
    else if (!head.includes('/secrets')) answer(socket, '200 OK', page, ['Content-Type: text/html']);
    return true;
  });
  const { a, b, servers, client } = fixture;
  a.script = ({ socket }) => {
    answer(socket, '200 OK', '{"kind": "ConfigMapList", "metadata": {}, "items": []}');
    return true;
  };
  const blamed = async (action: () => Promise<unknown>): Promise<string> => {
    for (;;) {
      const before = b.requests.length;
      try {
        await action();
      } catch (error) {
        if (b.requests.length > before) return String(error);
      }
    }
  };
  const configMaps = client.resource('v1', 'configmaps');
  for (const action of [
    () => configMaps.get('one'),
    () => configMaps.list(),
    () => client.openWebSocket({ path: '/api', subprotocols: [] }),
  ]) {
    const said = await blamed(action);
    assert.ok(said.includes(b.url) && !said.includes(a.url), said);
  }
  const answered = new Set<string>();
  while (answered.size < 2) {
    const { server, body } = await client.request({ method: 'GET', path: '/api' });
    assert.equal((await text(body)).startsWith('<'), server === b.url);
    answered.add(server);
  }
  await using hasty = openClusterClient({ server: a.url, namespace: 'default', requestTimeoutMs: 300 }, { servers });
  const silent = await blamed(() => hasty.request({ method: 'GET', path: '/api/v1/secrets' }));
  assert.ok(silent.includes(`${b.url} did not answer within 0.3 s`), silent);
});

for (const [what, readyz] of [
  ['shows a page', '200 OK\r\nContent-Type: text/html; charset=utf-8'],
  ['leads elsewhere', '302 Found\r\nLocation: https://login.example/'],
] as const) {
  test(`a server whose /readyz ${what} is none, and passed over`, async () => {
    await using fixture = await scriptedGroup(fast);
    const { a, b, client, state } = fixture;
    a.readyz = readyz;
    await (await client.request({ method: 'GET', path: '/api' })).body.toArray();
    await state(a, 'down');
    assert.match(client.servers.list()[0]?.lastError ?? '', /^\/readyz answers \d+.*, as no API server does$/);
    for (let i = 0; i < 20; i++) {
      const { server, body } = await client.request({ method: 'GET', path: '/api' });
      await text(body);
      assert.equal(server, b.url);
    }
    a.readyz = '200 OK';
    await state(a, 'ready');
  });
}
