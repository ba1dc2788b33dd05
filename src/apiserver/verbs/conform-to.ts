/** Brings what a client sent into the form that is kept, and says what was wrong with it as fieldValidation asks. */
import type { GroupVersionKind } from '../../api/group-version.ts';
import type { KubeObject, ObjectMeta } from '../../api/object.ts';
import { conform } from '../../api/schema/conform.ts';
import { schemaOf } from '../../api/schema/schema.ts';
import { strictDecodingError } from '../../api/schema/strict.ts';
import { badRequest } from '../../api/status.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { Exchange } from '../exchange.ts';
import type { FieldValidation } from './parameters.ts';

/** Throws `StatusError` 400 for fields of a wrong type and, when Strict, for unknown and duplicate ones. */
export function conformTo(
  exchange: Exchange,
  value: Record<string, unknown>,
  kind: GroupVersionKind,
  validation: FieldValidation,
  duplicates: readonly string[],
): KubeObject {
  const schema = schemaOf(kind);
  const { object, complaints } =
    schema === undefined ? { object: checkMetadata(value), complaints: [] } : conform(value, schema);
  const all = [...duplicates, ...complaints];
  if (all.length > 0) {
    if (validation === 'Strict') throw strictDecodingError(kind, all);
    if (validation === 'Warn') exchange.warnings.push(...all);
  }
  object.metadata ??= {};
  // an empty list is no list, but of owners: it says that there are to be none
  if (isRecord(value.metadata) && isEmptyList(value.metadata.managedFields)) object.metadata.managedFields = [];
  return object;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** For kinds without a schema: at least metadata must be what everything else relies on. */
function checkMetadata(value: Record<string, unknown>): KubeObject {
  const { metadata = {}, apiVersion, kind } = value;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw badRequest('metadata must be an object');
  }
  return { ...value, apiVersion: String(apiVersion), kind: String(kind), metadata: metadata as ObjectMeta };
}
