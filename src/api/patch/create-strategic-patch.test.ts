import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { schemaOf } from '../schema/schema.ts';
import { isReason } from '../status.ts';
import { createThreeWayPatch } from './create-strategic-patch.ts';
import type { JsonObject } from './directives.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

interface Vector {
  name: string;
  kind: { Group: string; Version: string; Kind: string };
  lastApplied: JsonObject;
  wanted: JsonObject;
  current: JsonObject;
  /** What Kubernetes' own code makes of it. */
  patch: JsonObject;
  result: unknown;
}

const vectors = JSON.parse(readFileSync(new URL('three-way-vectors.json', import.meta.url), 'utf8')) as Vector[];

describe('a three-way patch is the one that Kubernetes makes', () => {
  for (const { name, kind, lastApplied, wanted, current, patch, result } of vectors) {
    it(name, () => {
      const schema = schemaOf({ group: kind.Group, version: kind.Version, kind: kind.Kind });
      assert.ok(schema);
      const before = structuredClone({ lastApplied, wanted, current });
      const made = createThreeWayPatch({ lastApplied, wanted, current }, schema);
      assert.deepEqual(made, patch);
      assert.deepEqual(applyStrategicMergePatch(current, made, schema), result);
      assert.deepEqual({ lastApplied, wanted, current }, before, 'the arguments are as they were');
    });
  }
});

it('a field that the kind does not have is refused by name where it has to be merged', () => {
  const schema = schemaOf({ group: '', version: 'v1', kind: 'ConfigMap' });
  assert.ok(schema);
  const states = { lastApplied: {}, wanted: { nope: { a: 1 } }, current: { nope: { a: 2 } } };
  assert.throws(
    () => createThreeWayPatch(states, schema),
    (error) => isReason(error, 'BadRequest') && error.message.includes('"nope"'),
  );
});
