/** Service account tokens of one pod, asked for again when four fifths of their time have passed, and used to their end where none is to be had. */
import type { ClusterObjects, ServiceAccountToken, TokenQuery } from '../pods/cluster-objects.ts';

export function openTokenCache(objects: ClusterObjects): (query: TokenQuery) => Promise<string> {
  const kept = new Map<string, ServiceAccountToken & { renewAt: number }>();
  return async (query) => {
    const key = JSON.stringify([query.audience, query.expirationSeconds]);
    const known = kept.get(key);
    if (known !== undefined && Date.now() < known.renewAt) return known.token;
    let fresh: ServiceAccountToken;
    try {
      fresh = await objects.token(query);
    } catch (error) {
      if (known !== undefined && Date.now() < known.expires.getTime()) return known.token;
      throw error;
    }
    kept.set(key, { ...fresh, renewAt: Date.now() + (fresh.expires.getTime() - Date.now()) * 0.8 });
    return fresh.token;
  };
}
