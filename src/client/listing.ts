/** A list that is asked for page by page as it is read. */
import type { KubeList, KubeObject } from '../api/object.ts';
import type { ListQuery } from './cluster-client.ts';
import type { ResourceSource } from './follow.ts';
import { listWhole, withKinds } from './list-pages.ts';
import type { Listing, ListOptions } from './resource.ts';

const defaultPageSize = 500;

export function listing<T extends KubeObject>(
  source: ResourceSource<T>,
  { pageSize = defaultPageSize, resourceVersion, resourceVersionMatch, ...query }: ListOptions,
): Listing<T> {
  const ask = async (page: Pick<ListQuery, 'limit' | 'continue'>): Promise<KubeList<T>> =>
    source.list({
      ...query,
      ...page,
      // A token carries the revision of its first page and stands alone.
      ...(page.continue === undefined && resourceVersion !== undefined && { resourceVersion }),
      ...(page.continue === undefined && resourceVersionMatch !== undefined && { resourceVersionMatch }),
    });

  const page = async (continueToken?: string): Promise<KubeList<T>> =>
    withKinds(await ask({ limit: pageSize, ...(continueToken !== undefined && { continue: continueToken }) }));

  async function* objects(): AsyncGenerator<T> {
    let next: string | undefined;
    do {
      const list = await page(next);
      for (const item of list.items) {
        query.signal?.throwIfAborted();
        yield item;
      }
      next = list.metadata.continue || undefined;
    } while (next !== undefined);
  }

  return {
    page,
    toArray: async () => (await listWhole(ask, { pageSize })).objects,
    [Symbol.asyncIterator]: objects,
  };
}
