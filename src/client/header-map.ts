import type { HeaderLines } from '../net/http1/upstream.ts';

/** Names in lower case; lines of one name joined by commas. */
export function headerMap(lines: HeaderLines): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    const before = map.get(key);
    map.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return map;
}
