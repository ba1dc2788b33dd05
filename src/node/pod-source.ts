/** TEMPORARY stand-in for client/informer.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../api/object.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';

export function openInformer<T extends KubeObject>(o: {
  client: ClusterClient;
  apiVersion: string;
  resource: string;
  fieldSelector: string;
  signal: AbortSignal;
}): Informer<T> {
  const items = new Map<string, T>();
  const listeners = new Set<(n: T | undefined, p: T | undefined) => void>();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const res = o.client.resource<T>(o.apiVersion, o.resource);
  const key = (t: T) => `${t.metadata.namespace}/${t.metadata.name}`;
  const set = (k: string, n: T | undefined) => {
    const p = items.get(k);
    if (n === undefined) items.delete(k);
    else items.set(k, n);
    for (const l of listeners) l(n, p);
  };
  (async () => {
    while (!o.signal.aborted) {
      try {
        const list = await res.list({ fieldSelector: o.fieldSelector, signal: o.signal });
        const seen = new Set(list.items.map(key));
        for (const k of [...items.keys()]) if (!seen.has(k)) set(k, undefined);
        for (const i of list.items) set(key(i), i);
        synced.resolve();
        for await (const e of res.watch({
          fieldSelector: o.fieldSelector,
          resourceVersion: list.metadata.resourceVersion ?? '',
          signal: o.signal,
        })) {
          if (e.type === 'BOOKMARK') continue;
          set(key(e.object), e.type === 'DELETED' ? undefined : e.object);
        }
      } catch (error) {
        if (!o.signal.aborted) console.error('watch', error);
        await delay(500, undefined, { signal: o.signal }).catch(() => {});
      }
    }
  })();
  return {
    synced: synced.promise,
    get: (k) => items.get(k),
    list: () => [...items.values()],
    byIndex: () => [],
    onChange(l) {
      listeners.add(l);
      return () => listeners.delete(l);
    },
  };
}
