/** JSON merge patch, RFC 7386. */

import { checkDepth } from '../schema/depth.ts';
import { badRequest } from '../status.ts';
import type { JsonObject } from './directives.ts';
import { isObject, own, setOwn } from './directives.ts';

function merge(original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(original) ? { ...original } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, merge(own(result, key), value));
  }
  return result;
}

/** The patched object; neither argument is changed. Throws a 400 `StatusError` when the patch is no object. */
export function applyMergePatch(original: unknown, patch: unknown): unknown {
  checkDepth(patch);
  if (!isObject(patch)) throw badRequest('invalid merge patch: it must be a JSON object');
  return merge(original, patch);
}
