/** What a pod has read from its cluster, kept for when that does not answer: its containers are restarted all the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterObjects } from './cluster-objects.ts';

/** How long an answer is waited for where one is known. */
const PATIENCE_MS = 5000;

/**
 * Answers with what was read last where the cluster refuses, cannot be reached or takes too long. What the cluster says is
 * not there is not there. Tokens are not kept here, since they expire. Keep one for each pod: nothing is forgotten.
 */
export function rememberObjects(objects: ClusterObjects): ClusterObjects {
  const remember = <T>(read: (namespace: string, name: string) => Promise<T>) => {
    const kept = new Map<string, { answer: T }>();
    return async (namespace: string, name = ''): Promise<T> => {
      const key = `${namespace}/${name}`;
      const fresh = read(namespace, name).then((answer) => {
        kept.set(key, { answer });
        return answer;
      });
      const known = kept.get(key);
      if (known === undefined) return await fresh;
      const late = new AbortController();
      try {
        return await Promise.race([fresh, sleep(PATIENCE_MS, known.answer, { signal: late.signal, ref: false })]);
      } catch {
        return known.answer;
      } finally {
        late.abort();
      }
    };
  };
  return {
    configMap: remember((namespace, name) => objects.configMap(namespace, name)),
    secret: remember((namespace, name) => objects.secret(namespace, name)),
    services: remember((namespace) => objects.services(namespace)),
    token: (query) => objects.token(query),
  };
}
