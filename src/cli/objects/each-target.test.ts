import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { StatusError } from '../../api/status.ts';
import type { ResourceType } from '../get/resource-types.ts';
import { eachTarget } from './each-target.ts';

const type: ResourceType = {
  group: 'example.com',
  version: 'v1',
  plural: 'toys',
  singular: 'toy',
  kind: 'Toy',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: [],
};
const target = (name: string) => ({ type, name, namespace: 'shop', source: `${name}.yaml` });

/** What is told where the server refuses each of these. */
async function refused(names: readonly string[], error: StatusError): Promise<string> {
  const written: string[] = [];
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const reader = {
    config: { server: 'http://127.0.0.1', namespace: 'shop', userAgent: 'test' },
    async getJson(): Promise<unknown> {
      throw new Error('nothing is asked');
    },
  };
  const code = await eachTarget(
    { targets: names.map(target), problems: [] },
    { objects: { reader }, io: { stderr }, signal: new AbortController().signal, doing: 'patching' },
    async () => {
      throw error;
    },
  );
  assert.equal(code, 1);
  return written.join('');
}

const invalid = (details: ConstructorParameters<typeof StatusError>[0]['details'], message: string) =>
  new StatusError({ code: 422, reason: 'Invalid', message, ...(details && { details }) });

const causes = [{ reason: 'FieldValueInvalid', field: 'patch', message: 'Invalid value: "{}": unknown field "x"' }];
const nameless = invalid({ causes }, ' "" is invalid: patch: Invalid value: "{}": unknown field "x"');

test('a patch that yields no object is told without the empty name that the server gives it', async () => {
  const line = (name: string) =>
    `Error from server (Invalid): error when patching "${name}.yaml": The request is invalid: patch: Invalid value: "{}": unknown field "x"\n`;
  assert.equal(await refused(['a', 'b'], nameless), line('a') + line('b'));
});

test('an object that is named is told with its file', async () => {
  const named = invalid({ kind: 'Toy', name: 'a' }, 'Toy.example.com "a" is invalid: spec: bad');
  assert.equal(
    await refused(['a'], named),
    'Error from server (Invalid): error when patching "a.yaml": Toy.example.com "a" is invalid: spec: bad\n',
  );
});
