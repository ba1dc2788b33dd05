/** An object as it is answered: its bytes, ready to send, and parsed. `CachedObject` of the watch cache is one. */
import type { KubeObject } from '../api/object.ts';
import { CachedObject } from './storage/cached-object.ts';

export interface StoredObject {
  readonly key: string;
  readonly revision: number;
  /** JSON with metadata.resourceVersion set, no trailing newline. */
  readonly bytes: Uint8Array;
  /** Must not be changed. */
  readonly object: KubeObject;
}

/**
 * What goes into the store: JSON with apiVersion, kind and metadata first, without resourceVersion (the store keeps it
 * beside the value).
 */
export function encodeForStorage(object: KubeObject): Uint8Array {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _revision, ...kept } = metadata;
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: kept, ...rest }));
}

/** The object as it was just written. In a dry run, which gives it no revision, `revision` is that of the object before, if any. */
export function storedObject(key: string, value: Uint8Array, revision: number | undefined): StoredObject {
  if (revision !== undefined) return new CachedObject(key, value, revision);
  return { key, revision: 0, bytes: value, object: JSON.parse(Buffer.from(value).toString('utf8')) as KubeObject };
}
