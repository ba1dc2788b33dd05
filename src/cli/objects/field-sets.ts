/** Which fields a manager owns, in the form of `metadata.managedFields` (FieldsV1): a tree of field names. */
import { isRecord } from '../../lib/is-record.ts';

type Fields = Record<string, unknown>;

/** The fields of both. A field that one set has itself and the other has only parts of keeps itself, as `.`. */
export function unionFields(a: Fields, b: Fields): Fields {
  const union: Fields = { ...a };
  for (const [key, below] of Object.entries(b)) {
    const other = union[key];
    if (!isRecord(other)) union[key] = below;
    else if (isRecord(below)) union[key] = unionBelow(other, below);
  }
  return union;
}

function unionBelow(a: Fields, b: Fields): Fields {
  const isLeaf = (fields: Fields): boolean => Object.keys(fields).length === 0;
  if (isLeaf(a) === isLeaf(b)) return unionFields(a, b);
  return { '.': {}, ...a, ...b };
}

/** `path` in the set's own words: `f:metadata`, `f:annotations`, … */
export function ownsField(fields: Fields | undefined, path: readonly string[]): boolean {
  let below: unknown = fields;
  for (const step of path) {
    if (!isRecord(below) || !Object.hasOwn(below, step)) return false;
    below = below[step];
  }
  return isRecord(below) && (Object.keys(below).length === 0 || Object.hasOwn(below, '.'));
}
