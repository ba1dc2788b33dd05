/** The merge patch that client-side apply sends for kinds of which nothing is known: lists are replaced whole. */
import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, setOwn } from './directives.ts';

/** After `CreateThreeWayJSONMergePatch` of `apimachinery/pkg/util/jsonmergepatch`. */
export function createThreeWayMergePatch({
  lastApplied,
  wanted,
  current,
}: {
  lastApplied: JsonObject;
  wanted: JsonObject;
  current: JsonObject;
}): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (value === null) continue;
    const now = Object.hasOwn(current, key) ? current[key] : undefined;
    const last = Object.hasOwn(lastApplied, key) ? lastApplied[key] : undefined;
    if (isObject(value) && isObject(now)) {
      const below = createThreeWayMergePatch({ lastApplied: isObject(last) ? last : {}, wanted: value, current: now });
      if (Object.keys(below).length > 0) setOwn(patch, key, below);
    } else if (!isDeepStrictEqual(value, now)) setOwn(patch, key, value);
  }
  for (const key of Object.keys(lastApplied)) {
    if (!Object.hasOwn(wanted, key) && Object.hasOwn(current, key)) setOwn(patch, key, null);
  }
  return patch;
}
