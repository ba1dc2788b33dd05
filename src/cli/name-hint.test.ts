import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import type { ResourceType } from './get/resource-types.ts';
import { hintLine } from './hint.ts';
import { withNameHint } from './name-hint.ts';

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

/** What is told below a NotFound for that name, where there are these. */
async function hint(name: string, existing: readonly string[]): Promise<string> {
  const reader = {
    config: { server: 'http://127.0.0.1', namespace: 'shop', userAgent: 'test' },
    async getJson(path: string) {
      return { items: path.startsWith('/apis/') ? existing.map((each) => ({ metadata: { name: each } })) : [] };
    },
  };
  const message = `toys.example.com "${name}" not found`;
  const error = new StatusError({ code: 404, reason: 'NotFound', message, details: { name, kind: 'toys' } });
  return hintLine(await withNameHint(error, [{ type, name }], reader));
}

test('an object that is there is not what is missing, but a subresource of it', async () => {
  assert.equal(await hint('duck', ['duck', 'ducks']), '');
  assert.equal(await hint('duckk', ['duck', 'horse']), 'did you mean "duck"?\n');
  assert.equal(await hint('something', ['duck']), '');
});
