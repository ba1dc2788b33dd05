/** What happens to a resource, as a follower is told. */
import type { KubeObject } from '../api/object.ts';
import type { WatchEvent } from './cluster-client.ts';

export type Change<T extends KubeObject> =
  /** Everything there is; anything that was told before and is not among it is gone. */
  | { type: 'replace'; objects: T[]; revision: string }
  | { type: 'put'; object: T; revision: string; isNew: boolean }
  | { type: 'delete'; object: T; revision: string }
  /** A bookmark: `object` has nothing but its resourceVersion. */
  | { type: 'progress'; object: T; revision: string };

/** `before` stands in where an event carries no resourceVersion. */
export function changeOf<T extends KubeObject>(
  { type, object }: WatchEvent<T>,
  before: string,
  transform: ((object: T) => T) | undefined,
): Exclude<Change<T>, { type: 'replace' }> {
  const revision = object.metadata.resourceVersion ?? before;
  if (type === 'BOOKMARK') return { type: 'progress', object, revision };
  const kept = transform === undefined ? object : transform(object);
  if (type === 'DELETED') return { type: 'delete', object: kept, revision };
  return { type: 'put', object: kept, revision, isNew: type === 'ADDED' };
}
