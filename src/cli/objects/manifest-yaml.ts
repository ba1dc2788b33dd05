/** Documents of YAML as kubectl reads them: Go's scalars, of equal keys the last one, merge keys where they stand. */
import type { LineCounter, Node, Scalar as ScalarNode, YAMLMap } from 'yaml';
import { isRecord } from '../../lib/is-record.ts';
import { exactNumber } from './exact-number.ts';
import { resolvePlain, resolveTagged, type Scalar } from './go-yaml-scalar.ts';

type Yaml = typeof import('yaml');

/** Characters that the aliases of a document may stand for: more is an attack, and no server takes it. */
const mostAliased = 4_000_000;

/** Yields what each document holds, empty ones apart. Throws Error for the first that cannot be read. */
export async function* readYaml(text: string): AsyncGenerator<unknown, void, undefined> {
  // Only now: most commands read no YAML.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  // Without a schema of its own every scalar comes as it is written.
  const options = { schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, lineCounter: lines } as const;
  try {
    const documents = yaml.parseAllDocuments(text, options);
    for (const document of Array.isArray(documents) ? documents : []) {
      const [problem] = document.errors;
      if (problem !== undefined) throw new Error(problem.message.split('\n')[0]?.replace(/:$/, ''));
      const value = new Reading(yaml, lines).valueOf(document.contents);
      if (value !== null) yield value;
    }
  } catch (error) {
    const isTooDeep = error instanceof Error && error.message.startsWith('Maximum call stack size');
    throw isTooDeep ? new Error('it is nested too deeply') : error;
  }
}

interface Anchored {
  value: unknown;
  size: number;
}

/** One document on its way to what JSON can say. */
class Reading {
  readonly #yaml: Yaml;
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Anchored | 'open'>();
  /** Characters so far, those of aliases apart. */
  #size = 0;
  #aliased = 0;

  constructor(yaml: Yaml, lines: LineCounter) {
    this.#yaml = yaml;
    this.#lines = lines;
  }

  /** Aliases of one anchor share one value. */
  valueOf(node: Node | null): unknown {
    if (node === null) return null;
    if (this.#yaml.isAlias(node)) return this.#alias(node.source, node);
    const anchor = 'anchor' in node && typeof node.anchor === 'string' ? node.anchor : undefined;
    if (anchor === undefined) return this.#plain(node);
    this.#anchors.set(anchor, 'open');
    const before = this.#size + this.#aliased;
    const value = this.#plain(node);
    this.#anchors.set(anchor, { value, size: this.#size + this.#aliased - before });
    return value;
  }

  #plain(node: Node): unknown {
    this.#size++;
    if (this.#yaml.isMap(node)) return this.#map(node);
    if (this.#yaml.isSeq(node)) return node.items.map((item) => this.valueOf(this.#nodeOf(item)));
    if (!this.#yaml.isScalar(node)) this.#refuse(node, 'it holds something that cannot be read');
    const value = this.#scalar(node);
    if (typeof value === 'string') this.#size += value.length;
    if (typeof value !== 'bigint' && typeof value !== 'number') return value;
    return this.#at(node, () => exactNumber(value, node.source ?? ''));
  }

  #alias(name: string, node: Node): unknown {
    const found = this.#anchors.get(name);
    if (found === undefined) return this.#refuse(node, `*${name} leads nowhere`);
    if (found === 'open') return this.#refuse(node, `&${name} contains itself`);
    this.#aliased += found.size;
    if (this.#aliased > mostAliased) this.#refuse(node, 'its aliases (*name) repeat too much');
    return found.value;
  }

  #map(map: YAMLMap): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (const { key, value } of map.items) {
      const keyNode = this.#nodeOf(key);
      const valueNode = this.#nodeOf(value);
      if (this.#isMergeKey(keyNode)) this.#merge(fields, this.valueOf(valueNode), keyNode);
      else set(fields, this.#key(keyNode, map), this.valueOf(valueNode));
    }
    return fields;
  }

  #isMergeKey(node: Node | null): node is ScalarNode {
    return this.#yaml.isScalar(node) && node.type === 'PLAIN' && node.source === '<<';
  }

  /** What is merged replaces what stands above; of several maps the first counts most. */
  #merge(fields: Record<string, unknown>, value: unknown, node: Node): void {
    for (const each of Array.isArray(value) ? value.toReversed() : [value]) {
      if (!isRecord(each)) this.#refuse(node, 'what "<<" merges must be a map, or a list of maps');
      for (const [name, field] of Object.entries(each)) set(fields, name, field);
    }
  }

  #key(node: Node | null, map: Node): string {
    const value = node === null ? null : this.#yaml.isAlias(node) ? this.valueOf(node) : this.#keyScalar(node);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return Number.isNaN(value) ? '.nan' : `${value < 0 ? '-' : ''}.inf`;
    }
    if (value === null || typeof value === 'object' || value === undefined) {
      return this.#refuse(node ?? map, 'a key must be a text, a number or a boolean');
    }
    const key = String(value);
    this.#size += key.length;
    return key;
  }

  #keyScalar(node: Node): unknown {
    if (!this.#yaml.isScalar(node)) return undefined;
    const value = this.#scalar(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value: String(value), size: String(value).length });
    return value;
  }

  #scalar(node: ScalarNode): Scalar {
    const { source = '', type, tag } = node;
    return this.#at(node, () => {
      if (tag !== undefined && tag !== '!') return resolveTagged(source, tag);
      return type === 'PLAIN' && tag === undefined ? resolvePlain(source) : source;
    });
  }

  #nodeOf(value: unknown): Node | null {
    return this.#yaml.isNode(value) ? value : null;
  }

  #at<T>(node: Node, act: () => T): T {
    try {
      return act();
    } catch (error) {
      return this.#refuse(node, error instanceof Error ? error.message : String(error));
    }
  }

  #refuse(node: Node, why: string): never {
    const start = node.range?.[0];
    const line = start === undefined ? '' : `line ${this.#lines.linePos(start).line}: `;
    throw new Error(`${line}${why}`);
  }
}

/** Also for `__proto__`, which is a name like any other. */
function set(fields: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
}
