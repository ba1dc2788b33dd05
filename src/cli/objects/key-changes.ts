/** `label` and `annotate`: `key=value` sets, `key-` removes; a merge patch that says no more than that. */
import type { UnstructuredObject } from '../../api/object.ts';
import { CommandError, UsageError } from '../command.ts';

export interface KeyChanges {
  set: ReadonlyMap<string, string>;
  remove: readonly string[];
}

/** Arguments up to the first that is a change name the objects. */
export function splitChanges(words: readonly string[]): { names: string[]; changes: string[] } {
  const at = words.findIndex((word, index) => index > 0 && isChange(word));
  // With -f every argument may be a change, the first too.
  const first = at < 0 ? (words[0] !== undefined && isChange(words[0]) ? 0 : words.length) : at;
  const start = words[0] !== undefined && isChange(words[0]) ? 0 : first;
  const changes = words.slice(start);
  const stray = changes.find((word) => !isChange(word));
  if (stray !== undefined) throw new UsageError(`"${stray}" is no change: write KEY=VALUE to set, KEY- to remove`);
  return { names: words.slice(0, start), changes };
}

function isChange(word: string): boolean {
  return word.includes('=') || (word.endsWith('-') && word.length > 1);
}

/** Throws UsageError for a key that is set and removed, or set twice. */
export function parseChanges(changes: readonly string[]): KeyChanges {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const change of changes) {
    const equals = change.indexOf('=');
    const key = equals < 0 ? change.slice(0, -1) : change.slice(0, equals);
    if (key === '') throw new UsageError(`"${change}" names no key`);
    if (equals < 0) remove.push(key);
    else if (set.has(key)) throw new UsageError(`"${key}" is set twice`);
    else set.set(key, change.slice(equals + 1));
  }
  const both = remove.find((key) => set.has(key));
  if (both !== undefined) throw new UsageError(`"${both}" is both set and removed`);
  return { set, remove };
}

export interface ChangePlan {
  /** For a merge patch of `metadata.labels` or `metadata.annotations`; empty where nothing changes. */
  patch: Record<string, string | null>;
  added: boolean;
  removed: boolean;
  /** Keys to be removed that are not there. */
  absent: string[];
}

/** Throws CommandError for a key that has another value, unless `overwrite`. */
export function planChanges(
  present: Readonly<Record<string, string>>,
  { set, remove }: KeyChanges,
  { overwrite, what }: { overwrite: boolean; what: string },
): ChangePlan {
  const patch: Record<string, string | null> = {};
  const plan: ChangePlan = { patch, added: false, removed: false, absent: [] };
  for (const [key, value] of set) {
    const current = Object.hasOwn(present, key) ? present[key] : undefined;
    if (current === value) continue;
    if (current !== undefined && !overwrite) {
      throw new CommandError(`${what} has "${key}" already, with the value "${current}"; --overwrite replaces it`);
    }
    patch[key] = value;
    plan.added = true;
  }
  for (const key of remove) {
    if (!Object.hasOwn(present, key)) plan.absent.push(key);
    else {
      patch[key] = null;
      plan.removed = true;
    }
  }
  return plan;
}

/** The object with the patch applied to one of its two maps. */
export function withChanges(
  object: UnstructuredObject,
  field: 'labels' | 'annotations',
  patch: Readonly<Record<string, string | null>>,
): UnstructuredObject {
  const values = new Map(Object.entries(object.metadata[field] ?? {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
  return { ...object, metadata: { ...object.metadata, [field]: Object.fromEntries(values) } };
}
