/** JSON as `jq -c` and `kubectl get -o json` write it: one value after the other, with or without a newline between. */
import { parseExactJson } from '../../lib/exact-json.ts';
import { exactNumber } from './exact-number.ts';

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|-?\d+(\.\d+)?([eE][-+]?\d+)?/gs;

/**
 * The objects from the start of the text, and where that ends which is JSON: a flow mapping of YAML begins like JSON and need
 * not be. Throws Error for numbers that cannot be kept.
 */
export function readJson(text: string): { values: unknown[]; end: number } {
  const values: unknown[] = [];
  let end = 0;
  for (;;) {
    const start = end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0);
    if (text[start] !== '{') return { values, end };
    const { stop, numbers } = scan(text, start);
    if (stop === undefined) return { values, end };
    let value: unknown;
    try {
      value = parseExactJson(text.slice(start, stop));
    } catch {
      return { values, end };
    }
    for (const number of numbers) exactNumber(...number);
    values.push(value);
    end = stop;
  }
}

/** Where the object ends that starts here, undefined where it does not; and its numbers that may be too large. */
function scan(text: string, start: number): { stop: number | undefined; numbers: [number | bigint, string][] } {
  const numbers: [number | bigint, string][] = [];
  let depth = 0;
  token.lastIndex = start;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [word, fraction, exponent] = found;
    if (word === '{' || word === '[') depth++;
    else if (word === '}' || word === ']') {
      depth--;
      if (depth === 0) return { stop: token.lastIndex, numbers };
    } else if (!word.startsWith('"') && (exponent !== undefined || word.length > 15)) {
      numbers.push([fraction === undefined && exponent === undefined ? BigInt(word) : Number(word), word]);
    }
  }
  return { stop: undefined, numbers };
}
