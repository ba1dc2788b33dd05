/** The sides from which an object can be read and written: the object itself, and its subresources status, scale, finalize, and those of parts. */

import type { GroupVersionKind } from '../../api/group-version.ts';
import type { KubeObject, ObjectMeta } from '../../api/object.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';
import type { WrittenPart } from './change.ts';
import type { FieldOwnership } from './ownership.ts';
import { ownFields } from './ownership.ts';
import { scaleFacet } from './scale.ts';

export interface Facet {
  /** How its tables look. */
  readonly definition: ResourceDefinition;
  /** The kind of request and answer bodies. */
  readonly kind: GroupVersionKind;
  readonly part: WrittenPart;
  readonly ownership: FieldOwnership;
  readonly verbs: readonly string[];
  /** What is answered of the stored object. */
  show(stored: StoredObject): StoredObject;
  /** The stored object with what was sent in its place. Both arguments stay as they are; the result is a copy. */
  merge(stored: KubeObject, sent: KubeObject): KubeObject;
}

const EVERYTHING = ownFields(() => true);
const ALL_BUT_STATUS = ownFields((name) => name !== 'status');

const READ_WRITE = ['get', 'update', 'patch'] as const;

/** Undefined when the kind has no such subresource; '' is the object itself. */
export function facetOf(served: ServedResource, subresource: string): Facet | undefined {
  const { definition, kind } = served;
  switch (subresource) {
    case '':
      return {
        definition,
        kind,
        part: 'main',
        ownership: definition.statusSubresource ? ALL_BUT_STATUS : EVERYTHING,
        verbs: served.verbs,
        show: (stored) => stored,
        merge: (_stored, sent) => cloneJson(sent),
      };
    case 'status': {
      if (!definition.statusSubresource) return undefined;
      const { statusKeeps = [] } = definition;
      return {
        definition,
        kind,
        part: 'status',
        ownership: ownFields((name) => name === 'status' || name === 'metadata', statusKeeps),
        verbs: READ_WRITE,
        show: (stored) => stored,
        merge: (stored, sent) => withStatusOf(stored, sent, statusKeeps),
      };
    }
    case 'scale':
      return definition.scale === undefined ? undefined : scaleFacet(served, definition.scale);
    case 'finalize': {
      const own = definition.ownFinalizers;
      if (own === undefined) return undefined;
      const merge = (stored: KubeObject, sent: KubeObject) => {
        const next = cloneJson(stored);
        own.write(next, own.read(sent));
        return withPreconditionsOf(next, sent);
      };
      return {
        definition,
        kind,
        part: 'finalize',
        ownership: ALL_BUT_STATUS,
        verbs: ['update'],
        show: (stored) => stored,
        merge,
      };
    }
    default: {
      const own = definition.parts?.get(subresource);
      if (own === undefined) return undefined;
      const merge = (stored: KubeObject, sent: KubeObject) => {
        const next = cloneJson(stored);
        own.take(next, cloneJson(sent));
        return withPreconditionsOf(next, sent);
      };
      // As upstream, its tables are plain ones.
      const { columns: _columns, ...plain } = definition;
      return {
        definition: plain,
        kind,
        part: 'main',
        ownership: ALL_BUT_STATUS,
        verbs: READ_WRITE,
        show: (stored) => stored,
        merge,
      };
    }
  }
}

/** The stored object with status and metadata as they were sent, but for those members of metadata that are kept. */
function withStatusOf(
  { status: _old, ...stored }: KubeObject & { status?: unknown },
  { status, metadata: sent }: KubeObject & { status?: unknown },
  keeps: readonly (keyof ObjectMeta)[],
): KubeObject {
  const next = { ...cloneJson(stored), ...(status !== undefined && { status: cloneJson(status) }) };
  const kept = Object.entries(next.metadata).filter(([name]) => keeps.some((one) => one === name));
  const open = Object.entries(cloneJson(sent)).filter(([name]) => !keeps.some((one) => one === name));
  next.metadata = Object.fromEntries([...open, ...kept]);
  return next;
}

/** uid and resourceVersion as the client sent them: what its write depends on. */
function withPreconditionsOf(next: KubeObject, { metadata }: KubeObject): KubeObject {
  const { uid, resourceVersion, ...kept } = next.metadata;
  next.metadata = {
    ...kept,
    ...(metadata.uid === undefined || metadata.uid === '' ? (uid === undefined ? {} : { uid }) : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
  return next;
}
