/** `extensions` of a kubeconfig, wherever they stand: what other programs keep there, each under a name. */
import { isRecord } from '../../lib/is-record.ts';

/** By their name. */
export type Extensions = ReadonlyMap<string, unknown>;

/** What is no list of named things has none. */
export function readExtensions(list: unknown): Extensions {
  const found = new Map<string, unknown>();
  if (!Array.isArray(list)) return found;
  for (const item of list) {
    const { name, extension } = isRecord(item) ? item : {};
    const key = typeof name === 'string' ? name : '';
    if (found.get(key) === undefined || found.get(key) === null) found.set(key, extension ?? null);
  }
  return found;
}

/** Of those with one name the first counts. */
export function mergeExtensions(all: readonly Extensions[]): Extensions {
  return new Map(all.toReversed().flatMap((each) => [...each]));
}

/** As kubectl writes them: by name, the keys of their mappings in order too. */
export function shownExtensions(extensions: Extensions): { name: string; extension: unknown }[] {
  const names = [...extensions.keys()].sort();
  return names.map((name) => ({ name, extension: inOrder(extensions.get(name)) }));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key])]));
}
