/** One field of a mapping in a YAML text: where it is written, and what to write there. */
import { isDeepStrictEqual } from 'node:util';
import type { Node, Pair, YAMLMap } from 'yaml';
import { isRecord } from '../../lib/is-record.ts';
import { columnOf, contentEnd, lineEnd, rangeOf, UneditableText } from './text-ranges.ts';

type Yaml = typeof import('yaml');
type Fields = Readonly<Record<string, unknown>>;

export interface FieldChange {
  /** From the mapping down; all but the last are mappings that are there. */
  path: readonly string[];
  /** Undefined: the field goes. */
  value: unknown;
}

/** The fewest fields that make one mapping into the other. */
export function changedFields(before: Fields, after: Fields, path: readonly string[] = []): FieldChange[] {
  const removed = Object.keys(before).filter((key) => after[key] === undefined);
  const changes: FieldChange[] = removed.map((key) => ({ path: [...path, key], value: undefined }));
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (value === undefined || isDeepStrictEqual(old, value)) continue;
    // A mapping that becomes empty, or was, is written anew.
    const inside = isRecord(old) && isRecord(value) && Object.keys(old).some((one) => value[one] !== undefined);
    if (inside) changes.push(...changedFields(old, value, [...path, key]));
    else changes.push({ path: [...path, key], value });
  }
  return changes;
}

export interface FieldEdit {
  yaml: Yaml;
  text: string;
  map: YAMLMap<Node, Node | null>;
  key: string;
  /** Undefined: the field goes. */
  value: unknown;
}

export interface Splice {
  start: number;
  end: number;
  insert: string;
}

/** Throws UneditableText for a layout that is not understood. */
export function fieldSplice(edit: FieldEdit): Splice {
  const { yaml, text, map, key, value } = edit;
  const index = map.items.findIndex((pair) => yaml.isScalar(pair.key) && pair.key.value === key);
  const pair = map.items[index];
  if (value === undefined) {
    if (pair === undefined) return { start: 0, end: 0, insert: '' };
    if (map.items.length === 1) return { start: rangeOf(map)[0], end: contentEnd(text, map), insert: '{}' };
    return map.flow ? removeFromFlow(edit, index) : removeLines(text, pair);
  }
  if (pair === undefined) return addPair(edit);
  const colon = text.indexOf(':', rangeOf(pair.key)[1]);
  const end = pair.value === null ? colon + 1 : Math.max(colon + 1, contentEnd(text, pair.value));
  return { start: colon + 1, end, insert: written(edit, columnOf(text, rangeOf(pair.key)[0])) };
}

/** The value after its colon: in the line, or as a block below that is indented by two more columns than the key. */
function written({ yaml, map, value }: FieldEdit, column: number): string {
  const isBlock = (isRecord(value) && Object.keys(value).length > 0) || (Array.isArray(value) && value.length > 0);
  if (!isBlock || map.flow) return ` ${JSON.stringify(value)}`;
  const indent = ' '.repeat(isRecord(value) ? column + 2 : column);
  const lines = yaml.stringify(value, { indentSeq: false, lineWidth: 0 }).trimEnd().split('\n');
  return lines.map((line) => `\n${indent}${line}`).join('');
}

function addPair(edit: FieldEdit): Splice {
  const { text, map, key } = edit;
  const last = map.items.at(-1);
  if (map.flow) {
    const at = last === undefined ? rangeOf(map)[0] + 1 : pairEnd(edit.yaml, last);
    const comma = last === undefined ? '' : ', ';
    return { start: at, end: at, insert: `${comma}${JSON.stringify(key)}:${written(edit, 0)}` };
  }
  const column = columnOf(text, rangeOf(map)[0]);
  const at = lineEnd(text, contentEnd(text, map));
  const newline = at > 0 && text[at - 1] !== '\n' ? '\n' : '';
  return { start: at, end: at, insert: `${newline}${' '.repeat(column)}${key}:${written(edit, column)}\n` };
}

/** With the rest of its lines, so that a comment beside it goes too. */
function removeLines(text: string, pair: Pair<Node, Node | null>): Splice {
  const start = rangeOf(pair.key)[0];
  const end = lineEnd(text, pair.value === null ? rangeOf(pair.key)[1] : contentEnd(text, pair.value));
  const column = columnOf(text, start);
  const before = text.slice(start - column, start);
  if (before.trim() === '') return { start: start - column, end, insert: '' };
  // The first of an item: what follows takes its place behind the dash.
  const next = text.slice(end).match(/^ */)?.[0].length ?? 0;
  if (next !== column) throw new UneditableText('its layout is not understood');
  return { start, end: end + next, insert: '' };
}

function removeFromFlow({ yaml, map }: FieldEdit, index: number): Splice {
  const [pair, next, previous] = [map.items[index], map.items[index + 1], map.items[index - 1]];
  if (pair === undefined) throw new UneditableText('its layout is not understood');
  if (next !== undefined) return { start: rangeOf(pair.key)[0], end: rangeOf(next.key)[0], insert: '' };
  const start = previous === undefined ? rangeOf(pair.key)[0] : pairEnd(yaml, previous);
  return { start, end: pairEnd(yaml, pair), insert: '' };
}

function pairEnd(yaml: Yaml, { key, value }: Pair<Node, Node | null>): number {
  return rangeOf(yaml.isNode(value) ? value : key)[1];
}
