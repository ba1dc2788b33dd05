import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from './arguments.ts';
import { discoverTypes } from './resource-types.ts';

const resource = (plural: string, categories: readonly string[] = []) => ({
  resource: plural,
  singularResource: plural.slice(0, -1),
  responseKind: { kind: plural },
  scope: 'Namespaced',
  categories,
});
const group = (name: string, versions: Readonly<Record<string, object[]>>) => ({
  metadata: { name },
  versions: Object.entries(versions).map(([version, resources]) => ({ version, resources })),
});

const items: Readonly<Record<string, object[]>> = {
  '/api': [group('', { v1: [{ ...resource('pods', ['all']), shortNames: ['po'] }, resource('services', ['all'])] })],
  '/apis': [
    group('scaling', { v2: [resource('scalers', ['all'])], v1: [resource('scalers', ['all'])] }),
    // Only its older version is in the category.
    group('shop', {
      v1: [resource('toys')],
      v1beta1: [resource('toys', ['playthings', 'all']), { ...resource('dolls'), shortNames: ['po'] }],
    }),
  ],
};

const warnings: string[] = [];

/** `TYPE.VERSION` or `TYPE.VERSION/NAME` for each. */
async function parsed(line: string): Promise<string> {
  const reader = {
    keptTypes: undefined,
    warn: (text: string) => void warnings.push(text),
    getJson: async (path: string) => ({ kind: 'APIGroupDiscoveryList', items: items[path] }),
  };
  const wanted = await parseArguments(line.split(' '), discoverTypes(reader));
  return wanted
    .map(({ type, name }) => `${type.plural}.${type.version}${name === undefined ? '' : `/${name}`}`)
    .join(' ');
}

test('a category is its types, each once and in the version that the server prefers', async () => {
  assert.equal(await parsed('all'), 'pods.v1 services.v1 scalers.v2 toys.v1');
  assert.equal(await parsed('playthings'), 'toys.v1');
  assert.equal(await parsed('playthings,all'), 'toys.v1 pods.v1 services.v1 scalers.v2');
});

test('a type that several words name is asked for once, another version of it apart', async () => {
  assert.equal(await parsed('pods,pods,po,services,Pod'), 'pods.v1 services.v1');
  assert.equal(await parsed('all,po'), 'pods.v1 services.v1 scalers.v2 toys.v1');
  assert.equal(await parsed('scalers.v1.scaling,scalers'), 'scalers.v1 scalers.v2');
  assert.equal(await parsed('pods,pods a'), 'pods.v1/a');
});

test('names go with one type, or with each of several that are named; a category is no type', async () => {
  assert.equal(await parsed('pods a b'), 'pods.v1/a pods.v1/b');
  assert.equal(await parsed('pods,services a b'), 'pods.v1/a pods.v1/b services.v1/a services.v1/b');
  assert.equal(await parsed('playthings a'), 'toys.v1/a');
  assert.equal(await parsed('pods/a po/a'), 'pods.v1/a pods.v1/a');
  for (const [line, expected] of [
    ['all a', /^CommandError: "all" means several types, and names go with one: give the type, or TYPE\/NAME$/],
    ['all,pods a', /the server doesn't have a resource type "all"/],
    ['playthings/a', /the server doesn't have a resource type "playthings"/],
    ['pods, a', /a type is missing beside a comma/],
  ] as const) {
    await assert.rejects(parsed(line), expected, line);
  }
});

test('a short name that means another type too is warned of, a full name is not', async () => {
  warnings.length = 0;
  await parsed('pods');
  await parsed('dolls');
  assert.deepEqual(warnings, []);
  assert.equal(await parsed('po'), 'pods.v1');
  assert.deepEqual(warnings, ['short name "po" could also match lower priority resource dolls.shop']);
});
