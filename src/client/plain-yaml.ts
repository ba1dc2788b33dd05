/**
 * Reads the small part of YAML in which kubectl and cloud tools write kubeconfigs, in a fraction of the time that a whole
 * parser takes to load: mappings and lists by indentation, texts on one line. Whatever else there is (comments inside a
 * line, quotes with escapes, flow style, anchors, tags, block texts) makes it give up, and the parser of YAML decides.
 */

/** Undefined where the text has anything that is not understood for certain. */
export function parsePlainYaml(text: string): unknown {
  const lines: Line[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, indent = '', dashes = '', content = ''] = /^( *)((?:- +)*)(\S.*)$/.exec(line) ?? [];
    if (content === '' || /[\t\r\u0000-\u001f\u0085\u2028\u2029\ufeff]/.test(line)) return undefined;
    let column = indent.length;
    // Each dash begins a list of its own, and its item after it.
    for (const dash of dashes.match(/- +/g) ?? []) {
      lines.push({ column, content: '-' });
      column += dash.length;
    }
    lines.push({ column, content });
  }
  try {
    const reader = new PlainReader(lines);
    return reader.readDocument();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** What is deeper is left to the parser, and to whoever bounds what comes of it. */
const maxDepth = 100;

interface Line {
  column: number;
  content: string;
}

class NotPlain extends Error {}

class PlainReader {
  readonly #lines: readonly Line[];
  #at = 0;
  #depth = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  readDocument(): unknown {
    const first = this.#lines[0];
    if (first === undefined || first.column !== 0) throw new NotPlain();
    const value = this.#readBlock(0);
    if (this.#at < this.#lines.length) throw new NotPlain();
    return value;
  }

  #readBlock(column: number): unknown {
    if (++this.#depth > maxDepth) throw new NotPlain();
    const block = this.#lines[this.#at]?.content === '-' ? this.#readList(column) : this.#readMap(column);
    this.#depth--;
    return block;
  }

  #readList(column: number): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.column < column || (line.column === column && line.content !== '-')) return items;
      if (line.column > column) throw new NotPlain();
      this.#at++;
      const item = this.#lines[this.#at];
      if (item === undefined || item.column <= column) throw new NotPlain();
      const isBlock = item.content === '-' || splitPair(item.content) !== undefined;
      items.push(isBlock ? this.#readBlock(item.column) : this.#readText(item.content));
    }
  }

  #readText(content: string): unknown {
    this.#at++;
    return scalarOf(content.trimEnd());
  }

  #readMap(column: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.column < column || (line.column === column && line.content === '-')) return map;
      const pair = line.column > column ? undefined : splitPair(line.content);
      if (pair === undefined || Object.hasOwn(map, pair.key) || pair.key === '__proto__') throw new NotPlain();
      this.#at++;
      map[pair.key] = pair.value === '' ? this.#readBelow(column) : scalarOf(pair.value);
    }
  }

  /** A list may stand at its key's own column. */
  #readBelow(column: number): unknown {
    const next = this.#lines[this.#at];
    if (next === undefined || next.column < column) return null;
    if (next.column > column || next.content === '-') return this.#readBlock(next.column);
    return null;
  }
}

/** Keys are words: what else may be one is left to the parser. */
function splitPair(content: string): { key: string; value: string } | undefined {
  const [, key, value = ''] = /^([A-Za-z_][\w./-]*):(?: +(.*))?$/.exec(content) ?? [];
  if (key === undefined || /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(key)) return undefined;
  return { key, value: value.trimEnd() };
}

function scalarOf(text: string): unknown {
  const quoted = /^"([^"\\]*)"$/.exec(text) ?? /^'([^']*)'$/.exec(text);
  if (quoted !== null) return quoted[1];
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (text === '{}') return {};
  if (text === '[]') return [];
  // Neither begins like another form, nor has a comment or a pair in it, nor looks like a number, a date or a switch.
  const isText = /^(?:--?)?[A-Za-z/_][^#:]*$/.test(text.replace(/:(?=\S)/g, '').replace(/(?<=\S)#/g, ''));
  if (!isText || /^(?:yes|no|on|off|y|n|true|false|null)$/i.test(text)) throw new NotPlain();
  return text;
}
