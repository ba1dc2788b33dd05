/** How deeply JSON may nest: whatever walks it recursively must not run out of stack. */
import { badRequest } from '../status.ts';

/** Upstream's limit is 10000; no kind comes near either. */
const limit = 1000;

/** Throws a 400 `StatusError` for a value that nests more deeply than any honest one. */
export function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === limit) throw badRequest(`the document nests more than ${limit} levels deep`);
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}
