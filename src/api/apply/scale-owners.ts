/** The owners of an object's number of replicas as owners of its Scale, and back; after `managedfields/scalehandler.go`. */
import type { ManagedFieldsEntry } from '../object.ts';
import type { FieldSet } from './field-set.ts';
import { difference, hasField, isEmptySet, NO_FIELDS } from './field-set.ts';
import type { Owner, Owners } from './owners.ts';
import { readStoredOwners, withFields, writeOwners } from './owners.ts';

const SCALE_VERSION = 'autoscaling/v1';
const SCALE_PATH = ['f:spec', 'f:replicas'];

function setOf(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), NO_FIELDS);
}

function moved({ entry: _entry, ...owner }: Owner, apiVersion: string, path: readonly string[]): Owner {
  return { ...owner, apiVersion, fields: setOf(path) };
}

/** Those who own the field at the path in the object, as owners of `spec.replicas` of its Scale. */
export function ownersForScale(
  entries: readonly ManagedFieldsEntry[],
  apiVersion: string,
  path: readonly string[],
): ManagedFieldsEntry[] {
  const owners: Owners = new Map();
  for (const [id, owner] of readStoredOwners(entries)) {
    if (owner.apiVersion === apiVersion && hasField(owner.fields, path))
      owners.set(id, moved(owner, SCALE_VERSION, SCALE_PATH));
  }
  return writeOwners(owners) ?? [];
}

/** The object's owners after a write to its Scale, which then has `scaleEntries`. */
export function ownersFromScale(
  entries: readonly ManagedFieldsEntry[],
  scaleEntries: readonly ManagedFieldsEntry[],
  apiVersion: string,
  path: readonly string[],
): ManagedFieldsEntry[] | undefined {
  const scaleOwners = readStoredOwners(scaleEntries);
  const owners: Owners = new Map();
  const times = new Map<string, string | undefined>();
  for (const [id, owner] of readStoredOwners(entries)) {
    times.set(id, owner.time);
    if (owner.apiVersion !== apiVersion) continue;
    if (!hasField(owner.fields, path) || scaleOwners.delete(id)) {
      owners.set(id, owner);
      continue;
    }
    const left = difference(owner.fields, setOf(path));
    if (!isEmptySet(left)) owners.set(id, withFields(owner, left));
  }
  for (const [id, owner] of scaleOwners) {
    // upstream too knows the time of those alone who owned something of the object before
    if (hasField(owner.fields, SCALE_PATH)) owners.set(id, { ...moved(owner, apiVersion, path), time: times.get(id) });
  }
  return writeOwners(owners);
}
