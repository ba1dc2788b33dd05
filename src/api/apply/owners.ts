/** Who owns which fields: `metadata.managedFields` in the form that is worked with. After `apimachinery/pkg/util/managedfields`. */
import type { ManagedFieldsEntry } from '../object.ts';
import { compareText } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { NO_FIELDS, parseFieldSet, sorted } from './field-set.ts';

export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** RFC 3339 in whole seconds, UTC. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry that this was read from, as long as nothing of it has changed. */
  readonly entry?: ManagedFieldsEntry;
}

/** By `ownerId`. */
export type Owners = Map<string, Owner>;

type Identity = Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** Two writes with the same id have the same owner: an applier keeps its fields when it goes on to another version. */
export function ownerId({ manager, operation, apiVersion, subresource }: Identity): string {
  const version = operation === 'Apply' ? '' : apiVersion;
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(version === '' ? {} : { apiVersion: version }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

/** Throws `Error` for entries that are no managedFields. */
export function readOwners(entries: readonly ManagedFieldsEntry[]): Owners {
  const owners: Owners = new Map();
  for (const [at, entry] of entries.entries()) {
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsType = '' } = entry;
    if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
    if (apiVersion === '') throw new Error('apiVersion must not be empty');
    if (fieldsType === '') throw new Error(`missing fieldsType in managed fields entry ${at}`);
    if (fieldsType !== 'FieldsV1')
      throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${at}`);
    const fields = parseFieldSet(entry.fieldsV1 ?? NO_FIELDS);
    const owner: Owner = { manager, operation, apiVersion, subresource, time, fields };
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

/** What this module wrote itself: read without checks. */
export function readStoredOwners(entries: readonly ManagedFieldsEntry[]): Owners {
  const owners: Owners = new Map();
  for (const entry of entries) {
    const { manager = '', operation, apiVersion = '', subresource = '', time } = entry;
    const fields = entry.fieldsV1 ?? NO_FIELDS;
    const owner: Owner = {
      manager,
      operation: operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion,
      subresource,
      time,
      fields,
      entry,
    };
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

/** Undefined when nobody owns anything. */
export function writeOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  return [...owners.values()].sort(compareOwners).map((owner) => owner.entry ?? entryOf(owner));
}

function entryOf({ manager, operation, apiVersion, subresource, time, fields }: Owner): ManagedFieldsEntry {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(fields),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** Appliers first, the older before the younger. */
function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

export function secondsOf({ time }: Pick<Owner, 'time'>): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** The owner with other fields. */
export function withFields({ entry: _entry, ...owner }: Owner, fields: FieldSet): Owner {
  return { ...owner, fields };
}
