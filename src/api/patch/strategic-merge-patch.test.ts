import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { schemaOf } from '../schema/schema.ts';
import { isReason } from '../status.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

interface Vector {
  name: string;
  kind: { Group: string; Version: string; Kind: string };
  original: unknown;
  patch: unknown;
  /** What Kubernetes' own code made of it; absent when that refused the patch. */
  result?: unknown;
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[];

describe('strategic merge patch gives what Kubernetes gives', () => {
  for (const { name, kind, original, patch, result } of vectors) {
    it(name, () => {
      const schema = schemaOf({ group: kind.Group, version: kind.Version, kind: kind.Kind });
      assert.ok(schema);
      const before = structuredClone({ original, patch });
      if (result === undefined) {
        assert.throws(
          () => applyStrategicMergePatch(original, patch, schema),
          (error) => isReason(error, 'BadRequest'),
        );
      } else {
        assert.deepEqual(applyStrategicMergePatch(original, patch, schema), result);
      }
      assert.deepEqual({ original, patch }, before, 'the arguments are as they were');
    });
  }
});
