import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badRequest } from '../../api/status.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import type { Widget } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const widgets = '/apis/test.example/v1/namespaces/a/widgets';
const resource = { group: 'test.example', resource: 'widgets' };

const greetings: VirtualResource = {
  group: 'test.example',
  version: 'v1',
  plural: 'greetings',
  singular: 'greeting',
  namespaced: false,
  objectKind: { group: 'test.example', version: 'v1', kind: 'Greeting' },
  create: async ({ object, user }) => ({ ...object, status: { hello: user.name } }),
};

/** Paints a stored widget, which an ordinary update may not, and removes one that is painted black. */
const paint: VirtualResource = {
  ...greetings,
  plural: 'widgets',
  singular: 'widget',
  namespaced: true,
  subresource: 'paint',
  objectKind: { group: 'test.example', version: 'v1', kind: 'Paint' },
  async create({ namespace, name, object, change, remove }) {
    const { labels } = object.metadata;
    const colour = labels?.colour;
    if (colour === undefined) throw badRequest('a colour is needed');
    if (colour === 'black') await remove(resource, namespace, name, {});
    else {
      await change<Widget>(resource, namespace, name, (widget) => {
        widget.spec = { ...widget.spec, colour };
      });
    }
    return object;
  },
};

const policy = { virtual: [greetings, paint] };

test('a kind that is not stored is answered by itself, and can only be created', async () => {
  await using server = await openTestServer({ policy });
  const path = '/apis/test.example/v1/greetings';
  const { status, json } = await server.call(path, { method: 'POST', body: { metadata: {} } });
  assert.deepEqual([status, json.kind, json.status], [201, 'Greeting', { hello: 'admin' }]);
  assert.equal((await server.call(path)).status, 405);
  assert.equal((await server.call(path, { method: 'POST', body: { kind: 'Other' } })).status, 400);
  const { json: discovery } = await server.call('/apis/test.example/v1');
  const listed = discovery.resources.map(({ name, verbs }) => `${name}:${verbs}`);
  assert.ok(listed.includes('greetings:create') && listed.includes('widgets/paint:create'));
});

test('a subresource of its own changes and removes stored objects', async () => {
  await using server = await openTestServer({ policy });
  await server.call(widgets, { method: 'POST', body: { metadata: { name: 'w' } } });
  const post = (colour: string, query = '') =>
    server.call(`${widgets}/w/paint${query}`, {
      method: 'POST',
      body: { metadata: { name: 'w', labels: { colour } } },
    });
  assert.equal((await post('green', '?dryRun=All')).status, 201);
  assert.equal((await server.call(`${widgets}/w`)).json.spec.colour, 'grey');
  await post('green');
  assert.equal((await server.call(`${widgets}/w`)).json.spec.colour, 'green');
  await post('black');
  assert.equal((await server.call(`${widgets}/w`)).status, 404);
  assert.equal((await post('green')).status, 404);
});
