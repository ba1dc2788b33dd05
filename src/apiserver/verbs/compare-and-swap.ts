/** Changing a stored object against others who do the same: read, change, write if unchanged, and again if not. */
import { conflict, notFound } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';
import { CachedObject } from '../storage/cached-object.ts';
import { RevisionMismatch } from '../storage/storage.ts';
import type { StoredObject } from '../stored-object.ts';

/** Far more than honest contention needs; a client then hears of the conflict. */
const ATTEMPTS = 50;

/**
 * Calls `attempt` with the newest object until it does not fail with `RevisionMismatch`. Throws `StatusError` 404 when
 * there is none, 409 when it was always overtaken, and what `attempt` throws.
 */
export async function withNewest<T>(
  served: ServedResource,
  namespace: string,
  name: string,
  attempt: (current: StoredObject) => Promise<T>,
): Promise<T> {
  const key = served.key(namespace, name);
  let current: StoredObject | undefined = await served.cache.get(key);
  for (let count = 0; count < ATTEMPTS; count += 1) {
    if (current === undefined) throw notFound(served.resource, name);
    try {
      return await attempt(current);
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
      const stored = error.current;
      current = stored === undefined ? undefined : new CachedObject(key, stored.value, stored.revision);
    }
  }
  throw conflict(served.resource, name, `the object was changed by others ${ATTEMPTS} times in a row`);
}
