import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';
import { openWatchSocket } from '../testing-watch-socket.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const create = (server: TestServer, name: string) =>
  server.call(path, { method: 'POST', body: { metadata: { name } } });
const open = (server: TestServer, url: string, token = 'admin', options = {}) =>
  openWatchSocket(`https://127.0.0.1:${server.port}${url}`, token, options);

test('each event is one text message, and what the client says is passed over', async () => {
  await using server = await openTestServer();
  await create(server, 'old');
  const watch = await open(server, `${path}?watch=true`);
  assert.equal(watch.status, 101);
  watch.send('hello');
  await create(server, 'new');
  for (const name of ['old', 'new']) {
    const { isText, text } = await watch.next();
    assert.ok(isText && text.endsWith('}\n'));
    const { type, object } = JSON.parse(text);
    assert.deepEqual([type, object.metadata.name], ['ADDED', name]);
  }
  watch.close();
  assert.equal((await watch.closed).code, 1000);
});

test('it ends with code 1000: when its time is over, after an error event, and when the server stops', async () => {
  await using server = await openTestServer();
  const short = await open(server, `${path}?watch=true&timeoutSeconds=1`);
  assert.equal((await short.closed).code, 1000);
  const future = await open(server, `${path}?watch=true&resourceVersion=999999`);
  assert.equal(JSON.parse((await future.next()).text).type, 'ERROR');
  assert.equal((await future.closed).code, 1000);
  const long = await open(server, `${path}?watch=true`);
  await server.stop();
  assert.equal((await long.closed).code, 1000);
});

test('the right to watch is asked, and what cannot be upgraded is refused with a Status', async () => {
  await using server = await openTestServer();
  const refused = await open(server, `${path}?watch=true`, 'nobody');
  assert.equal(refused.status, 403);
  assert.match(refused.refusal, /cannot watch resource \\"widgets\\"/);
  assert.equal((await open(server, path)).status, 400);
  assert.equal((await open(server, `${path}/w?watch=true`)).status, 400);
  assert.equal((await open(server, `${path}?watch=true`, 'admin', { headers: { Origin: 'null' } })).status, 403);
  const old = { headers: { 'Sec-WebSocket-Version': '8' } };
  assert.match((await open(server, `${path}?watch=true`, 'admin', old)).refusal, /"code":400/);
  const spdy = { headers: { Upgrade: 'SPDY/3.1' } };
  assert.equal((await open(server, `${path}?watch=true`, 'admin', spdy)).status, 400);
});

test('a browser brings its token as a subprotocol, which is not the one that is chosen', async () => {
  await using server = await openTestServer();
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('admin').toString('base64url')}`;
  const options = { headers: { Authorization: '' }, subprotocols: [token, 'events'] };
  const watch = await open(server, `${path}?watch=true`, '', options);
  assert.deepEqual([watch.status, watch.subprotocol], [101, 'events']);
  watch.close();
  await watch.closed;
});
