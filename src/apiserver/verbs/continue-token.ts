/** Continue tokens: where the next part of a list begins, and the revision that all parts show. */
import { badRequest } from '../../api/status.ts';

export interface ContinueFrom {
  /** -1: at whatever revision is newest, after the list's own one has expired. */
  revision: number;
  /** The last key that was answered. */
  after: string;
}

/** The key is kept without the list's prefix, so that a token cannot lead into another kind or namespace. */
export function formatContinue({ revision, after }: ContinueFrom, prefix: string): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: after.slice(prefix.length) };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Throws `StatusError` 400 for what this server did not give out. */
export function parseContinue(text: string, prefix: string): ContinueFrom {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof token === 'object' && token !== null && 'v' in token && 'rv' in token && 'start' in token) {
      const { v, rv, start } = token;
      if (v === 'meta.k8s.io/v1' && Number.isSafeInteger(rv) && typeof start === 'string' && start !== '') {
        return { revision: Number(rv), after: prefix + start };
      }
    }
  } catch {
    // said below
  }
  throw badRequest('continue key is not valid: it is no token that this server gave out');
}
