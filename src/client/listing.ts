/** A list that is asked for page by page as it is read. */
import type { KubeList, KubeObject } from '../api/object.ts';
import type { ListQuery } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import type { ResourceSource } from './follow.ts';
import { listWhole, withKinds } from './list-pages.ts';
import type { Listing, ListOptions } from './resource.ts';
import { stoppable } from './stoppable.ts';

const defaultPageSize = 500;

export function listing<T extends KubeObject>(
  source: ResourceSource<T>,
  { pageSize = defaultPageSize, resourceVersion, resourceVersionMatch, ...query }: ListOptions,
): Listing<T> {
  const ask = async (page: Pick<ListQuery, 'limit' | 'continue'>, signal = query.signal): Promise<KubeList<T>> =>
    source.list({
      ...query,
      ...page,
      ...(signal && { signal }),
      // A token carries the revision of its first page and stands alone.
      ...(page.continue === undefined && resourceVersion !== undefined && { resourceVersion }),
      ...(page.continue === undefined && resourceVersionMatch !== undefined && { resourceVersionMatch }),
    });

  const page = async (continueToken?: string, signal?: AbortSignal): Promise<KubeList<T>> =>
    withKinds(await ask({ limit: pageSize, ...(continueToken !== undefined && { continue: continueToken }) }, signal));

  /** Ends without an error when `stop` fires. */
  async function* objects(stop: AbortSignal): AsyncGenerator<T, undefined> {
    using until = startDeadline(stop, undefined, query.signal);
    let next: string | undefined;
    do {
      let list: KubeList<T>;
      try {
        list = await page(next, until.signal);
      } catch (error) {
        if (stop.aborted) return;
        throw error;
      }
      for (const item of list.items) {
        query.signal?.throwIfAborted();
        yield item;
      }
      next = list.metadata.continue || undefined;
    } while (next !== undefined);
  }

  return {
    page: (continueToken) => page(continueToken),
    toArray: async () => (await listWhole((each) => ask(each), { pageSize })).objects,
    [Symbol.asyncIterator]: () => stoppable(objects),
  };
}
