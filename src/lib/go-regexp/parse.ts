/** Reads regular expressions in the syntax of Go's `regexp` package (RE2), and refuses what that refuses. */
import type { SetItem } from './character-set.ts';
import { characterTest, perlClasses, posixClass, single, unicodeClass } from './character-set.ts';
import type { Assertion, Syntax } from './syntax.ts';
import { PatternError } from './syntax.ts';

interface Flags {
  ignoreCase: boolean;
  multiLine: boolean;
  dotAll: boolean;
}

const maxRepeat = 1000;
const maxDepth = 1000;
const controls: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);
const empty: Syntax = { kind: 'empty' };

/** Throws PatternError, worded as Go words it. */
export function parsePattern(pattern: string): Syntax {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  /** By code point. */
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false };
  readonly #names = new Set<string>();

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  parse(): Syntax {
    const found = this.#alternatives();
    if (this.#at < this.#text.length) throw new PatternError(`unexpected ): \`${this.#text.join('')}\``);
    if (repeatedTooOften(found, maxRepeat)) throw new PatternError('invalid repeat count: nested too often');
    return found;
  }

  /** Up to the end or the `)` of the group, which is left. */
  #alternatives(): Syntax {
    if (++this.#depth > maxDepth) throw new PatternError('expression nests too deeply');
    const outer = this.#flags;
    const parts: Syntax[] = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#flags = outer;
    this.#depth--;
    const [first = empty] = parts;
    return parts.length === 1 ? first : { kind: 'alternatives', parts };
  }

  #sequence(): Syntax {
    const parts: Syntax[] = [];
    /** Where the newest repetition began: another one right after it is an error. */
    let repeatedAt: number | undefined;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (character === '|' || character === ')') break;
      const start = this.#at;
      const counts = this.#repetition();
      if (counts === undefined) {
        repeatedAt = undefined;
        parts.push(...this.#atom());
        continue;
      }
      const operator = this.#text.slice(repeatedAt ?? start, this.#at).join('');
      if (repeatedAt !== undefined) throw new PatternError(`invalid nested repetition operator: \`${operator}\``);
      const of = parts.pop();
      if (of === undefined) throw new PatternError(`missing argument to repetition operator: \`${operator}\``);
      parts.push({ kind: 'repetition', of, ...counts });
      repeatedAt = start;
    }
    const [first = empty] = parts;
    return parts.length === 1 ? first : { kind: 'sequence', parts };
  }

  /** Undefined: no operator stands here. A `?` after it, which prefers fewer, makes no difference to whether text matches. */
  #repetition(): { min: number; max: number | undefined } | undefined {
    let counts: { min: number; max: number | undefined } | undefined;
    if (this.#take('*')) counts = { min: 0, max: undefined };
    else if (this.#take('+')) counts = { min: 1, max: undefined };
    else if (this.#take('?')) counts = { min: 0, max: 1 };
    else {
      const match = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(this.#rest(100));
      if (match === null) return undefined;
      this.#at += match[0].length;
      const min = count(match[1] ?? '');
      const max = match[2] === undefined ? min : match[3] === undefined ? undefined : count(match[3]);
      if (min > maxRepeat || (max !== undefined && (max > maxRepeat || max < min)))
        throw new PatternError(`invalid repeat count: \`${match[0]}\``);
      counts = { min, max };
    }
    this.#take('?');
    return counts;
  }

  /** Several for `\Q…\E`, none for flags. */
  #atom(): Syntax[] {
    const character = this.#text[this.#at++] ?? '';
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return [this.#set()];
      case '.':
        return [this.#character([{ ranges: this.#flags.dotAll ? [] : [[10, 10]], negated: true }])];
      case '^':
        return [assertion(this.#flags.multiLine ? 'begin-line' : 'begin-text')];
      case '$':
        return [assertion(this.#flags.multiLine ? 'end-line' : 'end-text')];
      case '\\':
        return this.#escape();
      default:
        return [this.#literal(character)];
    }
  }

  #group(): Syntax[] {
    const start = this.#at - 1;
    if (!this.#take('?')) return [this.#groupBody()];
    const named = /^P?<([^>]*)>/.exec(this.#rest(1000));
    if (named !== null) {
      const name = named[1] ?? '';
      this.#at += [...named[0]].length;
      const quoted = this.#text.slice(start, this.#at).join('');
      if (!/^\w+$/.test(name)) throw new PatternError(`invalid named capture: \`${quoted}\``);
      if (this.#names.has(name)) throw new PatternError(`duplicate capture group name: \`${name}\``);
      this.#names.add(name);
      return [this.#groupBody()];
    }
    const flags = /^([imsU]*)(-([imsU]+))?([:)])/.exec(this.#rest(100));
    if (flags === null) {
      const quoted = this.#text.slice(start, start + 3).join('');
      throw new PatternError(`invalid or unsupported Perl syntax: \`${quoted}\``);
    }
    this.#at += flags[0].length;
    const outer = this.#flags;
    this.#flags = { ...outer };
    for (const flag of flags[1] ?? '') this.#setFlag(flag, true);
    for (const flag of flags[3] ?? '') this.#setFlag(flag, false);
    if (flags[4] === ')') return [];
    const body = this.#groupBody();
    this.#flags = outer;
    return [body];
  }

  #groupBody(): Syntax {
    const body = this.#alternatives();
    if (!this.#take(')')) throw new PatternError(`missing closing ): \`${this.#text.join('')}\``);
    // One thing for whatever repeats it, even where nothing stands in it.
    return { kind: 'sequence', parts: [body] };
  }

  #setFlag(flag: string, on: boolean): void {
    if (flag === 'i') this.#flags.ignoreCase = on;
    if (flag === 'm') this.#flags.multiLine = on;
    if (flag === 's') this.#flags.dotAll = on;
  }

  #escape(): Syntax[] {
    const letter = this.#text[this.#at] ?? '';
    const known: Readonly<Record<string, Assertion>> = {
      A: 'begin-text',
      z: 'end-text',
      b: 'word-boundary',
      B: 'no-word-boundary',
    };
    const found = Object.hasOwn(known, letter) ? known[letter] : undefined;
    if (found !== undefined) {
      this.#at++;
      return [assertion(found)];
    }
    if (letter === 'Q') {
      this.#at++;
      return this.#quoted();
    }
    const item = this.#classEscape();
    return [this.#character([item ?? single(this.#codePoint())])];
  }

  /** After `\Q`: up to `\E` or the end. */
  #quoted(): Syntax[] {
    const parts: Syntax[] = [];
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === '\\' && this.#text[this.#at + 1] === 'E') {
        this.#at += 2;
        break;
      }
      parts.push(this.#literal(this.#text[this.#at++] ?? ''));
    }
    return parts;
  }

  /** After the backslash: `d`, `pL`, `P{Greek}`; undefined for other escapes. */
  #classEscape(): SetItem | undefined {
    const letter = this.#text[this.#at] ?? '';
    const perl = perlClasses.get(letter);
    if (perl !== undefined) this.#at++;
    if (perl !== undefined || (letter !== 'p' && letter !== 'P')) return perl;
    const match = /^[pP](?:\{([^}]*)\}|([^{]))/u.exec(this.#rest(100));
    if (match === null) throw new PatternError(`invalid character class range: \`\\${this.#rest(10)}\``);
    this.#at += [...match[0]].length;
    return unicodeClass(match[1] ?? match[2] ?? '', letter === 'P', `\\${match[0]}`);
  }

  /** After the backslash: the character that an escape stands for. */
  #codePoint(): number {
    if (this.#at >= this.#text.length) throw new PatternError('trailing backslash at end of expression: ``');
    const rest = this.#rest(16);
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    if (octal !== null) {
      this.#at += octal[0].length;
      return Number.parseInt(octal[0], 8);
    }
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(rest);
    const value = hex === null ? undefined : Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (hex !== null && value !== undefined && value <= 0x10ffff) {
      this.#at += hex[0].length;
      return value;
    }
    const letter = this.#text[this.#at++] ?? '';
    const control = controls.get(letter);
    if (control !== undefined) return control;
    if (/^[\0-\x7f]$/.test(letter) && !/[0-9A-Za-z]/.test(letter)) return letter.charCodeAt(0);
    throw new PatternError(`invalid escape sequence: \`\\${letter}\``);
  }

  /** After `[`. */
  #set(): Syntax {
    const start = this.#at - 1;
    const negated = this.#take('^');
    const items: SetItem[] = [];
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#text.length)
        throw new PatternError(`missing closing ]: \`${this.#text.slice(start).join('')}\``);
      items.push(this.#setItem());
    }
    this.#at++;
    return this.#character(items, negated);
  }

  #setItem(): SetItem {
    const start = this.#at;
    const posix = /^\[:.*?:\]/s.exec(this.#rest(this.#text.length));
    if (posix !== null) {
      this.#at += [...posix[0]].length;
      return posixClass(posix[0]);
    }
    if (this.#text[this.#at] === '\\') {
      this.#at++;
      const item = this.#classEscape();
      if (item !== undefined) return item;
      this.#at--;
    }
    const from = this.#setEnd();
    if (this.#text[this.#at] !== '-' || this.#at + 1 >= this.#text.length || this.#text[this.#at + 1] === ']')
      return single(from);
    this.#at++;
    const to = this.#setEnd();
    if (to < from)
      throw new PatternError(`invalid character class range: \`${this.#text.slice(start, this.#at).join('')}\``);
    return { ranges: [[from, to]], negated: false };
  }

  /** One end of a range. */
  #setEnd(): number {
    const character = this.#text[this.#at++] ?? '';
    return character === '\\' ? this.#codePoint() : (character.codePointAt(0) ?? 0);
  }

  #literal(character: string): Syntax {
    return this.#character([single(character.codePointAt(0) ?? 0)]);
  }

  #character(items: readonly SetItem[], negated = false): Syntax {
    return {
      kind: 'character',
      matches: characterTest(items, { negated, ignoreCase: this.#flags.ignoreCase }),
    };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length).join('');
  }
}

function assertion(name: Assertion): Syntax {
  return { kind: 'assertion', assertion: name };
}

/** Above the limit for numbers too long to be exact. */
function count(digits: string): number {
  return digits.length > 6 ? Number.POSITIVE_INFINITY : Number(digits);
}

/** Counted repetitions inside of one another multiply; Go ends at 1000 as well. */
function repeatedTooOften(syntax: Syntax, left: number): boolean {
  switch (syntax.kind) {
    case 'repetition': {
      if (syntax.max === 0) return false;
      const times = Math.max(1, syntax.max ?? syntax.min);
      return times > left || repeatedTooOften(syntax.of, Math.floor(left / times));
    }
    case 'sequence':
    case 'alternatives':
      return syntax.parts.some((part) => repeatedTooOften(part, left));
    default:
      return false;
  }
}
