/** Who owns the fields of an object that a request writes: from the request to `metadata.managedFields`. */

import { mergeTypeOf } from '../../api/apply/merge-type.ts';
import type { Writing } from '../../api/apply/track-update.ts';
import { trackWrite } from '../../api/apply/track-write.ts';
import type { GroupVersionKind } from '../../api/group-version.ts';
import { formatApiVersion } from '../../api/group-version.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import { conform } from '../../api/schema/conform.ts';
import { schemaOf } from '../../api/schema/schema.ts';
import { isPrintable, LONGEST_FIELD_MANAGER_BYTES } from '../../api/validation/field-manager.ts';
import type { Exchange } from '../exchange.ts';
import type { Facet } from './facet.ts';
import { timestamp } from './object-meta.ts';
import type { VerbCall } from './verb.ts';

/** How owners are told on the side of an object that a facet shows. */
export interface FieldOwnership {
  /** Whether a write can change this member of what it shows. */
  changeable(name: string): boolean;
  /** Members of metadata that it cannot change either. */
  keeps?: readonly string[];
  /** The facet's view of a stored object, with its owners. */
  view(stored: KubeObject): KubeObject;
  /** The stored object's owners once those of its view are `entries`. */
  owners(stored: KubeObject, entries: ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] | undefined;
}

/** Of the object itself. */
export function ownFields(changeable: (name: string) => boolean, keeps: readonly string[] = []): FieldOwnership {
  return { changeable, keeps, view: (stored) => stored, owners: (_stored, entries) => entries };
}

export function writingOf({ api, exchange }: VerbCall, { kind, ownership }: Facet): Writing {
  return {
    manager: managerOf(exchange),
    apiVersion: formatApiVersion(kind),
    subresource: exchange.info.subresource,
    type: mergeTypeOf(kind),
    now: timestamp(api.now()),
    changeable: ownership.changeable,
    ...(ownership.keeps && { keeps: ownership.keeps }),
  };
}

/** Sets the owners of `next`, in place, after a write that is no apply. */
export function trackOwners(call: VerbCall, facet: Facet, previous: KubeObject, next: KubeObject): void {
  const { ownership } = facet;
  const entries = trackWrite(writingOf(call, facet), ownership.view(previous), ownership.view(next));
  setOwners(next, ownership.owners(previous, entries));
}

const empties = new Map<string, KubeObject>();

/** An object of the kind with nothing in it but what is never left out. Must not be changed. */
export function emptyObject(kind: GroupVersionKind): KubeObject {
  const apiVersion = formatApiVersion(kind);
  const key = `${apiVersion} ${kind.kind}`;
  let empty = empties.get(key);
  if (empty === undefined) {
    const bare = { kind: kind.kind, apiVersion, metadata: {} };
    const schema = schemaOf(kind);
    empty = schema === undefined ? bare : conform(bare, schema).object;
    empties.set(key, empty);
  }
  return empty;
}

export function setOwners({ metadata }: KubeObject, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries === undefined) delete metadata.managedFields;
  else metadata.managedFields = entries;
}

/** The name that a client gives itself: the parameter, or the program of its User-Agent. */
function managerOf({ query, request }: Exchange): string {
  const given = query.get('fieldManager') ?? '';
  if (given !== '') return given;
  const [program = ''] = (request.headers['user-agent'] ?? '').split('/', 1);
  let name = '';
  for (const character of program) {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(name) + Buffer.byteLength(character) > LONGEST_FIELD_MANAGER_BYTES) break;
    name += character;
  }
  return name;
}
