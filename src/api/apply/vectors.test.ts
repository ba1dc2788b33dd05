import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion } from '../group-version.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import type { StatusCause } from '../status.ts';
import { StatusError } from '../status.ts';
import { applyDocument } from './apply-document.ts';
import { extractFields } from './extract.ts';
import { mergeTypeOf } from './merge-type.ts';
import { trackWrite } from './track-write.ts';

interface Step {
  manager: string;
  apply?: KubeObject;
  update?: KubeObject;
  force?: boolean;
  live?: KubeObject;
  managed?: ManagedFieldsEntry[];
  error?: string;
  causes?: StatusCause[];
  extracted?: Record<string, unknown>;
}

interface Vector {
  name: string;
  kind: { Group: string; Version: string; Kind: string };
  subresource?: string;
  reset?: string[];
  steps: Step[];
}

/** Written by `tools/facts/vectors`; the environment may name a wider comparison that is not kept. */
const vectors: Vector[] = JSON.parse(
  readFileSync(process.env.VECTORS ?? new URL('vectors.json', import.meta.url), 'utf8'),
);

/** One text for equal owners, whatever their order, which is one of times. */
function textOf(entries: readonly ManagedFieldsEntry[] = []): string[] {
  return entries.map(({ time: _time, ...entry }) => canonicalJson(entry)).sort();
}

function run({ kind: { Group, Version, Kind }, subresource = '', reset = [], steps }: Vector): void {
  const kind: GroupVersionKind = { group: Group, version: Version, kind: Kind };
  const apiVersion = formatApiVersion(kind);
  const empty: KubeObject = { apiVersion, kind: kind.kind, metadata: {} };
  let live = empty;
  for (const [at, step] of steps.entries()) {
    const writing = {
      manager: step.manager,
      apiVersion,
      subresource,
      type: mergeTypeOf(kind),
      now: '2026-01-02T03:04:05Z',
      changeable: (name: string) => !reset.includes(name),
    };
    const told = `step ${at}`;
    let next: KubeObject;
    try {
      if (step.apply !== undefined) {
        next = applyDocument({ writing, kind, live, applied: step.apply, force: step.force ?? false, empty });
      } else {
        next = structuredClone(step.update ?? empty);
        const managedFields = trackWrite(writing, live, next);
        if (managedFields === undefined) delete next.metadata.managedFields;
        else next.metadata.managedFields = managedFields;
      }
    } catch (error) {
      assert.ok(error instanceof StatusError, String(error));
      assert.equal(error.message, step.error, told);
      if (step.causes !== undefined) {
        assert.deepEqual(
          error.status.details?.causes?.toSorted((a, b) => ((a.message ?? '') < (b.message ?? '') ? -1 : 1)),
          step.causes,
          told,
        );
      }
      continue;
    }
    assert.equal(step.error, undefined, told);
    assert.deepEqual(textOf(next.metadata.managedFields), textOf(step.managed), told);
    next.metadata.uid = 'u';
    live = next;
    const { managedFields: _fields, ...metadata } = next.metadata;
    assert.deepEqual({ ...next, metadata }, step.live, told);
    for (const [manager, extracted] of Object.entries(step.extracted ?? {})) {
      const entry = next.metadata.managedFields?.find((one) => one.manager === manager && one.operation === 'Apply');
      assert.deepEqual(extractFields(step.live, entry?.fieldsV1 ?? {}, writing.type), extracted, manager);
    }
  }
}

describe("writes end as Kubernetes' own field manager ends them", () => {
  for (const [at, vector] of vectors.entries()) it(`${vector.name} (${at})`, () => run(vector));
});
