/**
 * Edits a kubeconfig's text in place. Only the bytes of the entries in question change: comments, order, quoting and layout of
 * everything else stay, which writing the parsed document out again would not promise.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { YamlMeaningError, yamlMeaning } from '../../client/yaml-meaning.ts';
import { isRecord } from '../../lib/is-record.ts';
import { changedFields, type FieldChange, fieldSplice } from './edit-field.ts';
import { columnOf, contentEnd, lineEnd, rangeOf, UneditableText } from './text-ranges.ts';

export type ListName = 'clusters' | 'contexts' | 'users';
/** The mapping of a list's items. */
export type FieldName = 'cluster' | 'context' | 'user';
export type Fields = Readonly<Record<string, unknown>>;
export type Item = Readonly<{ name: string } & Record<string, unknown>>;

interface Parsed {
  text: string;
  map: YAMLMap | undefined;
  value: Record<string, unknown>;
}

export interface KubeconfigText {
  readonly text: string;
  /** The parsed document; `{}` for an empty one. */
  readonly value: Fields;
  /** Adds the item, or replaces the one of its name. */
  setItem(list: ListName, item: Item): void;
  removeItem(list: ListName, name: string): void;
  /** Sets a text below an item of the list; the mappings on the way to it (`user`, `auth-provider`, …) must be there. */
  setText(list: ListName, name: string, path: readonly string[], text: string): void;
  /**
   * Makes the fields of an item's mapping (its `cluster`, `context` or `user`) these, with an edit for each that differs: what
   * stays the same keeps its text.
   */
  setFields(list: ListName, name: string, field: FieldName, fields: Fields): void;
  setCurrentContext(name: string): void;
  /** The same for fields of the top level, of which there must be one already; those that are undefined go. */
  setTopFields(fields: Fields): void;
  /** Says in a new file what it is. */
  setApiVersion(): void;
}

/** Throws `UneditableText` for text that is no single YAML mapping. The message quotes nothing of the file: it holds secrets. */
export async function openKubeconfigText(original: string): Promise<KubeconfigText> {
  const yaml = await import('yaml');
  const mark = original.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = original.slice(mark.length);

  function parseDocument(source: string): Document {
    try {
      return yaml.parseDocument(source, { logLevel: 'silent' });
    } catch (error) {
      if (error instanceof RangeError) throw new UneditableText('it is nested too deeply');
      throw error;
    }
  }

  function parse(source: string): Parsed {
    const document = parseDocument(source);
    const [error] = document.errors;
    if (error !== undefined) {
      const [at] = error.linePos ?? [];
      throw new UneditableText(`it is not valid YAML${at === undefined ? '' : ` (line ${at.line}, column ${at.col})`}`);
    }
    const { contents } = document;
    if (contents === null || (yaml.isScalar(contents) && contents.value === null)) {
      return { text: source, map: undefined, value: {} };
    }
    if (!yaml.isMap(contents)) throw new UneditableText('its top level is not a mapping');
    let value: unknown;
    try {
      value = yamlMeaning(document.toJS());
    } catch (error) {
      if (error instanceof YamlMeaningError) throw new UneditableText(error.message);
      throw new UneditableText('its aliases (*name) are too many or lead nowhere');
    }
    if (!isRecord(value)) throw new UneditableText('its top level is not a mapping');
    const kind = value.kind ?? 'Config';
    if (kind !== 'Config') throw new UneditableText(`its kind is ${JSON.stringify(kind)}, not "Config"`);
    return { text: source, map: contents, value };
  }

  let parsed = parse(text);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';

  /** Takes a new text over if it means what was meant. */
  function accept(next: string, meaning: Record<string, unknown>): void {
    const candidate = parse(next);
    if (!isDeepStrictEqual(candidate.value, meaning)) {
      throw new UneditableText(
        /<</.test(next)
          ? 'what would change is shared by merge keys (<<), by which other entries would change too, or this one would not'
          : 'its layout is not understood',
      );
    }
    parsed = candidate;
  }

  function splice(start: number, end: number, insert: string): string {
    return parsed.text.slice(0, start) + insert.replaceAll('\n', newline) + parsed.text.slice(end);
  }

  function pairOf(key: string): Pair<Node, Node | null> | undefined {
    return parsed.map?.items.find(
      (pair): pair is Pair<Node, Node | null> => yaml.isScalar(pair.key) && pair.key.value === key,
    );
  }

  function block(value: unknown, column: number): string {
    const lines = yaml.stringify(value, { indentSeq: false, lineWidth: 0 }).trimEnd().split('\n');
    return lines.join(`\n${' '.repeat(column)}`);
  }

  /** Sets a key of the top level whose old value, if there is one, is empty or a single word. */
  function setKey(key: string, value: unknown): void {
    const meaning = { ...parsed.value, [key]: value };
    const { map } = parsed;
    const pair = pairOf(key);
    if (map === undefined) {
      const gap = parsed.text === '' || parsed.text.endsWith('\n') ? '' : '\n';
      accept(splice(parsed.text.length, parsed.text.length, `${gap}${block({ [key]: value }, 0)}\n`), meaning);
      return;
    }
    if (pair === undefined && map.flow) {
      const last = map.items.at(-1);
      const at = last === undefined ? rangeOf(map)[0] + 1 : pairEnd(last);
      accept(
        splice(at, at, `${last === undefined ? '' : ', '}${JSON.stringify(key)}: ${JSON.stringify(value)}`),
        meaning,
      );
      return;
    }
    if (pair === undefined) {
      const at = lineEnd(parsed.text, contentEnd(parsed.text, map));
      const column = columnOf(parsed.text, rangeOf(map)[0]);
      accept(insertLine(at, `${' '.repeat(column)}${block({ [key]: value }, column)}`), meaning);
      return;
    }
    const inline = map.flow || !Array.isArray(value) || value.length === 0;
    const column = columnOf(parsed.text, rangeOf(pair.key)[0]);
    const written = inline ? ` ${JSON.stringify(value)}` : `\n${' '.repeat(column)}${block(value, column)}`;
    const colon = parsed.text.indexOf(':', rangeOf(pair.key)[1]);
    const end = pair.value === null ? colon + 1 : Math.max(colon + 1, rangeOf(pair.value)[1]);
    accept(splice(colon + 1, end, written), meaning);
  }

  function insertLine(at: number, line: string): string {
    return at > 0 && parsed.text[at - 1] !== '\n' ? splice(at, at, `\n${line}\n`) : splice(at, at, `${line}\n`);
  }

  /** The list as it lies in the text; undefined where it has no items, or is no list. */
  function listOf(list: ListName): { seq: YAMLSeq<Node>; items: readonly unknown[] } | undefined {
    const items = parsed.value[list] ?? [];
    if (!Array.isArray(items)) throw new UneditableText(`its "${list}" is not a list`);
    const seq = pairOf(list)?.value;
    if (items.length === 0) return undefined;
    if (!yaml.isSeq<Node>(seq)) throw new UneditableText(`its "${list}" is an alias`);
    return { seq, items };
  }

  /** One field below a mapping of the text (`map`) and of what the text shall mean (`owner`, a part of `meaning`). */
  function changeField(change: FieldChange & { map: unknown; owner: unknown; meaning: Record<string, unknown> }): void {
    const { path, value, meaning } = change;
    let { map, owner } = change;
    for (const step of path.slice(0, -1)) {
      map = yaml.isMap<Node, Node | null>(map) ? map.items.find((pair) => keyOf(pair) === step)?.value : undefined;
      owner = Reflect.get(Object(owner), step);
    }
    const key = path.at(-1) ?? '';
    if (!yaml.isMap<Node, Node | null>(map)) throw new UneditableText(`the place of its "${key}" is not understood`);
    if (value === undefined) Reflect.deleteProperty(Object(owner), key);
    else Reflect.set(Object(owner), key, value);
    const { start, end, insert } = fieldSplice({ yaml, text: parsed.text, map, key, value });
    accept(splice(start, end, insert), meaning);
  }

  return {
    get text() {
      return mark + parsed.text;
    },
    get value() {
      return parsed.value;
    },
    setCurrentContext(name) {
      setKey('current-context', name);
    },
    setApiVersion() {
      setKey('apiVersion', 'v1');
      setKey('kind', 'Config');
    },
    setItem(list, item) {
      const found = listOf(list);
      if (found === undefined) {
        setKey(list, [item]);
        return;
      }
      const { seq, items } = found;
      const index = items.findIndex((one) => nameOf(one) === item.name);
      const old = seq.items[index];
      if (old !== undefined) {
        if (isDeepStrictEqual(items[index], item)) return;
        const [start] = rangeOf(old);
        const written = isFlow(old) || seq.flow ? JSON.stringify(item) : block(item, columnOf(parsed.text, start));
        accept(splice(start, contentEnd(parsed.text, old), written), {
          ...parsed.value,
          [list]: items.with(index, item),
        });
        return;
      }
      const meaning = { ...parsed.value, [list]: [...items, item] };
      const last = seq.items.at(-1);
      if (last === undefined) throw new UneditableText(`its "${list}" is not understood`);
      if (seq.flow) {
        const at = rangeOf(last)[1];
        accept(splice(at, at, `, ${JSON.stringify(item)}`), meaning);
        return;
      }
      const column = columnOf(parsed.text, rangeOf(seq)[0]);
      const at = lineEnd(parsed.text, contentEnd(parsed.text, last));
      accept(insertLine(at, `${' '.repeat(column)}- ${block(item, column + 2)}`), meaning);
    },
    setText(list, name, path, text) {
      const found = listOf(list);
      const index = found?.items.findIndex((one) => nameOf(one) === name) ?? -1;
      const key = path.at(-1) ?? '';
      const meaning = structuredClone(parsed.value);
      let map: Node | null | undefined = found?.seq.items[index];
      let fields: unknown = Reflect.get(Object(meaning[list]), index);
      for (const step of path.slice(0, -1)) {
        map = yaml.isMap<Node, Node | null>(map) ? map.items.find((pair) => keyOf(pair) === step)?.value : undefined;
        fields = Reflect.get(Object(fields), step);
      }
      if (!yaml.isMap<Node, Node | null>(map) || typeof fields !== 'object' || fields === null) {
        throw new UneditableText(`its "${list}" have no "${path.slice(0, -1).join('.')}" of "${name}" to be changed`);
      }
      Reflect.set(fields, key, text);
      const pair = map.items.find((one) => keyOf(one) === key);
      const last = map.items.at(-1);
      const [start, end] = pair?.value ? rangeOf(pair.value) : [0, 0];
      if (pair?.value && end > start) {
        accept(splice(start, contentEnd(parsed.text, pair.value), JSON.stringify(text)), meaning);
      } else if (pair !== undefined) {
        const at = parsed.text.indexOf(':', rangeOf(pair.key)[1]) + 1;
        accept(splice(at, at, ` ${JSON.stringify(text)}`), meaning);
      } else if (map.flow) {
        const at = last === undefined ? rangeOf(map)[0] + 1 : pairEnd(last);
        const comma = last === undefined ? '' : ', ';
        accept(splice(at, at, `${comma}${JSON.stringify(key)}: ${JSON.stringify(text)}`), meaning);
      } else {
        const column = columnOf(parsed.text, rangeOf(map)[0]);
        const at = lineEnd(parsed.text, contentEnd(parsed.text, map));
        accept(insertLine(at, `${' '.repeat(column)}${key}: ${JSON.stringify(text)}`), meaning);
      }
    },
    setTopFields(fields) {
      for (const { path, value } of changedFields(parsed.value, { ...parsed.value, ...fields })) {
        const meaning = structuredClone(parsed.value);
        changeField({ map: parsed.map, owner: meaning, path, value, meaning });
      }
    },
    setFields(list, name, field, fields) {
      const items = parsed.value[list];
      const index = Array.isArray(items) ? items.findIndex((one) => nameOf(one) === name) : -1;
      const before: unknown = Reflect.get(Object(Reflect.get(Object(items), index)), field);
      for (const { path, value } of changedFields(Object(before ?? {}), fields)) {
        const meaning = structuredClone(parsed.value);
        const found = listOf(list);
        const item = { map: found?.seq.items[index], owner: Reflect.get(Object(meaning[list]), index), meaning };
        // An entry may have none yet: `- name: x`, or `cluster:` and nothing.
        if (isDeepStrictEqual(before ?? {}, {})) {
          changeField({ ...item, path: [field], value: fields });
          return;
        }
        changeField({ ...item, path: [field, ...path], value });
      }
    },
    removeItem(list, name) {
      const found = listOf(list);
      if (found === undefined) return;
      const { seq, items } = found;
      const index = items.findIndex((one) => nameOf(one) === name);
      const old = seq.items[index];
      if (old === undefined) return;
      const meaning = { ...parsed.value, [list]: items.toSpliced(index, 1) };
      const [start] = rangeOf(old);
      const end = contentEnd(parsed.text, old);
      if (seq.flow) {
        const next = seq.items[index + 1];
        const previous = seq.items[index - 1];
        const from = next === undefined && previous !== undefined ? rangeOf(previous)[1] : start;
        accept(splice(from, next === undefined ? end : rangeOf(next)[0], ''), meaning);
        return;
      }
      const dash = parsed.text.lastIndexOf('-', start - 1);
      const from = dash - columnOf(parsed.text, dash);
      const without = splice(from, lineEnd(parsed.text, end), '');
      if (items.length > 1) {
        accept(without, meaning);
        return;
      }
      const key = pairOf(list)?.key;
      const colon = key === undefined ? -1 : parsed.text.indexOf(':', rangeOf(key)[1]);
      accept(`${without.slice(0, colon + 1)} []${without.slice(colon + 1)}`, meaning);
    },
  };

  function keyOf({ key }: Pair): unknown {
    return yaml.isScalar(key) ? key.value : undefined;
  }

  function pairEnd(pair: Pair): number {
    const { key, value } = pair;
    return rangeOf(yaml.isNode(value) ? value : yaml.isNode(key) ? key : undefined)[1];
  }
}

export function nameOf(item: unknown): string | undefined {
  return typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string'
    ? item.name
    : undefined;
}

function isFlow(node: Node): boolean {
  return 'flow' in node && node.flow === true;
}
