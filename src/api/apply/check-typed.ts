/** Whether an applied document is of its kind; after `structured-merge-diff/typed`, with its complaints. */
import { isRecord } from '../../lib/is-record.ts';
import { elementText, fieldElement } from './field-element.ts';
import { itemElement } from './list-items.ts';
import type { LeafType, ListType, MapType, MergeType } from './merge-type.ts';
import { settle } from './merge-type.ts';

/** Complaints with their paths: `.spec.replica: field not declared in schema`. Empty for a document that can be applied. */
export function checkTyped(value: unknown, type: MergeType): string[] {
  const complaints: string[] = [];
  check(value, type, '', complaints);
  return complaints;
}

function check(value: unknown, type: MergeType, path: string, complaints: string[]): void {
  if (value === null) return;
  const settled = settle(type, value);
  if (settled.kind === 'leaf') {
    const complaint = complainAboutLeaf(value, settled);
    if (complaint !== undefined) complaints.push(`${path}: ${complaint}`);
  } else if (settled.kind === 'map') {
    if (isRecord(value)) checkMembers(value, settled, path, complaints);
    else complaints.push(`${path}: expected map, got &{${plainText(value)}}`);
  } else if (Array.isArray(value)) checkItems(value, settled, path, complaints);
  else complaints.push(`${path}: expected list, got &{${plainText(value)}}`);
}

function checkMembers(map: Record<string, unknown>, type: MapType, path: string, complaints: string[]): void {
  for (const [name, value] of Object.entries(map)) {
    const at = `${path}${elementText(fieldElement(name))}`;
    const member = type.fields.get(name) ?? type.of;
    if (member !== undefined) check(value, member, at, complaints);
    else {
      // one is told, as upstream does: the rest of this map goes unread
      complaints.push(`${at}: field not declared in schema`);
      return;
    }
  }
}

function checkItems(list: readonly unknown[], type: ListType, path: string, complaints: string[]): void {
  const seen = new Set<string>();
  for (const [at, item] of list.entries()) {
    let element = `i:${at}`;
    if (!type.atomic) {
      try {
        element = itemElement(item, type);
      } catch (error) {
        complaints.push(`${path}: element ${at}: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
      if (seen.has(element)) complaints.push(`${path}: duplicate entries for key ${elementText(element)}`);
      seen.add(element);
    }
    check(item, type.of, `${path}${elementText(element)}`, complaints);
  }
}

function complainAboutLeaf(value: unknown, { scalar }: LeafType): string | undefined {
  switch (scalar) {
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goText(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${plainText(value)}}`;
    case 'any':
      return typeof value === 'object' ? `expected any scalar, got &{${plainText(value)}}` : undefined;
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** As Go writes a value with its type. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goText).join(', ')}}`;
  if (!isRecord(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const members = sortedEntries(value).map(([name, member]) => `${JSON.stringify(name)}:${goText(member)}`);
  return `map[string]interface {}{${members.join(', ')}}`;
}

/** As Go prints a value. */
function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(' ')}]`;
  if (!isRecord(value)) return value === null ? '<nil>' : String(value);
  return `map[${sortedEntries(value)
    .map(([name, member]) => `${name}:${plainText(member)}`)
    .join(' ')}]`;
}

function sortedEntries(map: Record<string, unknown>): [string, unknown][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
