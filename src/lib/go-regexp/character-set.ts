/** Sets of characters as Go's regular expressions write them; each becomes a test of one code point. */
import { PatternError } from './syntax.ts';

/** Ranges of code points, both ends included. */
type Ranges = readonly (readonly [from: number, to: number])[];

/** One part of a set: ranges or a Unicode property, perhaps the complement of it. */
export type SetItem = { ranges: Ranges; negated: boolean } | { property: string; negated: boolean };

function ranges(text: string): Ranges {
  const found: [number, number][] = [];
  const points = [...text].map((character) => character.codePointAt(0) ?? 0);
  for (let i = 0; i + 1 < points.length; i += 2) found.push([points[i] ?? 0, points[i + 1] ?? 0]);
  return found;
}

const digit = ranges('09');
const word = ranges('09AZaz__');
/** Without the vertical tab, unlike `[[:space:]]`. */
const space = ranges('\t\n\f\r  ');

/** `\d`, `\s`, `\w` and their complements. */
export const perlClasses: ReadonlyMap<string, SetItem> = new Map([
  ['d', { ranges: digit, negated: false }],
  ['D', { ranges: digit, negated: true }],
  ['s', { ranges: space, negated: false }],
  ['S', { ranges: space, negated: true }],
  ['w', { ranges: word, negated: false }],
  ['W', { ranges: word, negated: true }],
]);

const posix: Readonly<Record<string, Ranges>> = {
  alnum: ranges('09AZaz'),
  alpha: ranges('AZaz'),
  ascii: ranges('\0\x7f'),
  blank: ranges('\t\t  '),
  cntrl: ranges('\0\x1f\x7f\x7f'),
  digit,
  graph: ranges('!~'),
  lower: ranges('az'),
  print: ranges(' ~'),
  punct: ranges('!/:@[`{~'),
  space: ranges('\t\r  '),
  upper: ranges('AZ'),
  word,
  xdigit: ranges('09AFaf'),
};

/** `text` is `[:alpha:]` or `[:^alpha:]`. */
export function posixClass(text: string): SetItem {
  const negated = text.startsWith('[:^');
  const name = text.slice(negated ? 3 : 2, -2);
  const found = Object.hasOwn(posix, name) ? posix[name] : undefined;
  if (found === undefined) throw new PatternError(`invalid character class range: \`${text}\``);
  return { ranges: found, negated };
}

/** `name` is what stands in `\p{…}`: a general category or a script, `^` in front for the complement. */
export function unicodeClass(name: string, negated: boolean, source: string): SetItem {
  const inverse = name.startsWith('^');
  const plain = inverse ? name.slice(1) : name;
  const complement = negated !== inverse;
  if (plain === 'Any') return { ranges: [[0, 0x10ffff]], negated: complement };
  if (/^[A-Za-z_]+$/.test(plain)) {
    for (const property of [`General_Category=${plain}`, `Script=${plain}`]) {
      if (isProperty(property)) return { property, negated: complement };
    }
  }
  throw new PatternError(`invalid character class range: \`${source}\``);
}

function isProperty(property: string): boolean {
  try {
    new RegExp(`\\p{${property}}`, 'u');
    return true;
  } catch {
    return false;
  }
}

export function single(codePoint: number): SetItem {
  return { ranges: [[codePoint, codePoint]], negated: false };
}

/** A test of one code point. Without regard to case, an item is widened first and complemented after, as in Go. */
export function characterTest(
  items: readonly SetItem[],
  { negated = false, ignoreCase }: { negated?: boolean; ignoreCase: boolean },
): (codePoint: number) => boolean {
  const tests = items.map((item) => itemTest(item, ignoreCase));
  const known = new Map<number, boolean>();
  return (codePoint) => {
    const before = known.get(codePoint);
    if (before !== undefined) return before;
    const found = tests.some((test) => test(codePoint)) !== negated;
    // ASCII alone, so that it stays small whatever is asked.
    if (codePoint < 128) known.set(codePoint, found);
    return found;
  };
}

function itemTest(item: SetItem, ignoreCase: boolean): (codePoint: number) => boolean {
  const { negated } = item;
  if ('ranges' in item && !ignoreCase) {
    return (codePoint) => item.ranges.some(([from, to]) => codePoint >= from && codePoint <= to) !== negated;
  }
  // A set of one character: nothing here can backtrack.
  const set = 'property' in item ? `\\p{${item.property}}` : `[${item.ranges.map(rangeText).join('')}]`;
  const expression = new RegExp(`^${set}$`, ignoreCase ? 'iu' : 'u');
  return (codePoint) => expression.test(String.fromCodePoint(codePoint)) !== negated;
}

function rangeText([from, to]: readonly [number, number]): string {
  return `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`;
}
