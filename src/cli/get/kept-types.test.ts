import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ApiReader } from '../api-reader.ts';
import { forgetTypes, keepTypes, readKeptTypes, typesPlace } from './kept-types.ts';
import { discoverTypes, type ResourceType } from './resource-types.ts';

const server = 'https://127.0.0.1:6443';
let home = '';

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'fairlead-types-'));
});
after(() => rm(home, { recursive: true }));

function place() {
  const found = typesPlace(server, { HOME: home });
  assert.ok(found);
  return found;
}

const kind = (plural: string, name: string, group = ''): ResourceType => ({
  group,
  version: 'v1',
  plural,
  singular: name.toLowerCase(),
  kind: name,
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ['list'],
});

test('what is kept is read again by its owner alone, and by no other server of a similar name', async () => {
  const types = { core: [kind('pods', 'Pod')], others: [kind('deployments', 'Deployment', 'apps')] };
  await keepTypes(place(), types);
  assert.deepEqual(readKeptTypes(place()), types);
  assert.equal((await stat(place().file)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(place().file))).mode & 0o777, 0o700);
  assert.equal(readKeptTypes({ ...place(), server: 'https://127.0.0.1_6443' }), undefined);
  forgetTypes(place());
  assert.equal(readKeptTypes(place()), undefined);
});

test('what is old, from the future, of another form or no JSON counts for nothing', async () => {
  await keepTypes(place(), { core: [], others: [] });
  const kept = JSON.parse(await readFile(place().file, 'utf8'));
  for (const changed of [{ at: Date.now() - 3_600_000 }, { at: Date.now() + 3_600_000 }, { form: 0 }, { core: 'x' }]) {
    await writeFile(place().file, JSON.stringify({ ...kept, ...changed }));
    assert.equal(readKeptTypes(place()), undefined, JSON.stringify(changed));
  }
  await writeFile(place().file, '{');
  assert.equal(readKeptTypes(place()), undefined);
  assert.equal(typesPlace(server, {}), undefined);
  assert.equal(readKeptTypes(undefined), undefined);
});

test('the server is asked for a kind that the kept ones do not have, and for all where they must be fresh', async () => {
  await keepTypes(place(), { core: [kind('pods', 'Pod')], others: [] });
  const asked: string[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', groups: [{ preferredVersion: { groupVersion: 'boats.example/v1' } }] },
    '/api/v1': { resources: [{ name: 'pods', kind: 'Pod', verbs: ['list'] }] },
    '/apis/boats.example/v1': { resources: [{ name: 'boats', kind: 'Boat', verbs: ['list'] }] },
  };
  const reader: Pick<ApiReader, 'keptTypes' | 'getJson'> = {
    keptTypes: place(),
    async getJson(path) {
      asked.push(path);
      return answers[path];
    },
  };
  assert.equal((await discoverTypes(reader).resolve('pods'))[0]?.kind, 'Pod');
  assert.deepEqual(asked, []);
  assert.equal((await discoverTypes(reader).resolve('boats'))[0]?.kind, 'Boat');
  assert.equal(asked.length, 4);
  await discoverTypes(reader, { fresh: true }).all();
  assert.equal(asked.length, 8);
  await assert.rejects(discoverTypes(reader).resolve('ships'), /doesn't have a resource type "ships"/);
});
