/** Lists that are read page by page. */
import type { KubeList, KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { ListQuery } from './cluster-client.ts';

type PageQuery = Pick<ListQuery, 'limit' | 'continue'>;

/** Items of typed lists carry no kind of their own: they are given that of their list. */
export function withKinds<T extends KubeObject>(list: KubeList<T>): KubeList<T> {
  const kind = list.kind.replace(/List$/, '');
  for (const item of list.items) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= kind;
  }
  return list;
}

/**
 * Everything, each object as `keep` makes it. Where reading takes longer than the server knows the state of the first page (410), it
 * begins anew without pages, as client-go's pager does. `revision` is what a watch goes on from.
 */
export async function listWhole<T extends KubeObject>(
  ask: (page: PageQuery) => Promise<KubeList<T>>,
  { pageSize, keep = (object) => object }: { pageSize: number; keep?: ((object: T) => T) | undefined },
): Promise<{ objects: T[]; revision: string }> {
  const objects: T[] = [];
  let query: PageQuery = { limit: pageSize };
  for (;;) {
    let list: KubeList<T>;
    try {
      list = withKinds(await ask(query));
    } catch (error) {
      const isExpired = error instanceof StatusError && error.code === 410;
      if (!isExpired || query.continue === undefined || query.limit === undefined) throw error;
      objects.length = 0;
      query = {};
      continue;
    }
    for (const item of list.items) objects.push(keep(item));
    const { continue: next, resourceVersion = '' } = list.metadata;
    if (!next) return { objects, revision: resourceVersion };
    query = { ...query, continue: next };
  }
}
