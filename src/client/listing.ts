/** A list that is asked for page by page as it is read. */
import type { KubeList, KubeObject } from '../api/object.ts';
import type { ResourceSource } from './follow.ts';
import type { Listing, ListOptions } from './resource.ts';

const defaultPageSize = 500;

export function listing<T extends KubeObject>(
  source: ResourceSource<T>,
  { pageSize = defaultPageSize, resourceVersion, resourceVersionMatch, ...query }: ListOptions,
): Listing<T> {
  const page = async (continueToken?: string): Promise<KubeList<T>> => {
    const list = await source.list({
      ...query,
      limit: pageSize,
      // A token carries the revision of its first page and stands alone.
      ...(continueToken !== undefined && { continue: continueToken }),
      ...(continueToken === undefined && resourceVersion !== undefined && { resourceVersion }),
      ...(continueToken === undefined && resourceVersionMatch !== undefined && { resourceVersionMatch }),
    });
    // Items of typed lists carry no kind of their own.
    const kind = list.kind.replace(/List$/, '');
    for (const item of list.items) {
      item.apiVersion ??= list.apiVersion;
      item.kind ??= kind;
    }
    return list;
  };

  async function* objects(): AsyncGenerator<T> {
    let next: string | undefined;
    do {
      const list = await page(next);
      yield* list.items;
      next = list.metadata.continue || undefined;
    } while (next !== undefined);
  }

  return { page, toArray: () => Array.fromAsync(objects()), [Symbol.asyncIterator]: objects };
}
