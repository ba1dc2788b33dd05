/** Reads JSONPath templates as kubectl does: `text{.items[*].metadata.name}{"\n"}`. */

import { wideInteger } from '../../../lib/exact-json.ts';
import { type FilterTest, JsonPathError, type Segment, type Step } from './template.ts';
import { unquote } from './unquote.ts';

/** Throws JsonPathError. */
export function parseJsonPath(text: string): Segment[] {
  return grouped(actionsOf(text));
}

/** One `{…}`, or the text between two; `word` is what it begins with, if it does with one of the language's. */
interface Action {
  word?: 'range' | 'end';
  steps: Step[];
}

function actionsOf(text: string): Action[] {
  const actions: Action[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    const end = open < 0 ? text.length : open;
    if (end > at) actions.push({ steps: [{ kind: 'text', text: text.slice(at, end) }] });
    if (open < 0) break;
    const reader = new ActionReader(text, open + 1);
    actions.push(reader.read());
    at = reader.position;
  }
  return actions;
}

/** What stands between `{range}` and its `{end}`, or the end of the template, becomes its body. */
function grouped(actions: readonly Action[]): Segment[] {
  const root: Segment[] = [];
  const open: Segment[][] = [root];
  for (const { word, steps } of actions) {
    const current = open.at(-1) ?? root;
    if (word === 'end') {
      if (open.length === 1) throw new JsonPathError('not in range, nothing to end');
      open.pop();
    } else if (word === 'range') {
      const body: Segment[] = [];
      current.push({ kind: 'range', steps, body });
      open.push(body);
    } else {
      current.push({ kind: 'expression', steps });
    }
  }
  return root;
}

/** The steps of an expression that stands in brackets: a part of a union, a side of a filter. */
function stepsOf(expression: string): Step[] {
  return new ActionReader(`${expression}}`, 0).read().steps;
}

const terminators = new Set(['', ' ', '\t', '\r', '\n', '.', ',', '[', ']', '$', '@', '{', '}']);
const isWordCharacter = (character: string): boolean => /^[\p{L}\p{Nd}_]$/u.test(character);

class ActionReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** Where the text goes on after the action. */
  get position(): number {
    return this.#at;
  }

  read(): Action {
    const action: Action = { steps: [] };
    const { steps } = action;
    for (;;) {
      const rest = this.#text.slice(this.#at, this.#at + 3);
      const character = this.#peek();
      if (character === '}') {
        this.#at++;
        return action;
      }
      if (rest === '[?(') steps.push(this.#filter());
      else if (rest.startsWith('..')) this.#descendants(steps);
      else if (character === '' || character === '\n' || character === '\r') throw new JsonPathError('unclosed action');
      else if (character === ' ' || character === '@' || character === '$') this.#at++;
      else if (character === '[') steps.push(...this.#brackets());
      else if (character === '"' || character === "'") steps.push({ kind: 'text', text: this.#quoted(character) });
      else if (character === '.') {
        this.#at++;
        steps.push(this.#field());
      } else if (/[-+0-9]/.test(character)) steps.push(this.#number());
      else if (isWordCharacter(character)) this.#word(action);
      else throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(character)}`);
    }
  }

  #peek(): string {
    const point = this.#text.codePointAt(this.#at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  #word(action: Action): void {
    const start = this.#at;
    while (!terminators.has(this.#peek())) this.#at += this.#peek().length;
    const word = this.#text.slice(start, this.#at);
    if (word === 'true' || word === 'false') action.steps.push({ kind: 'boolean', value: word === 'true' });
    else if (word === 'range' || word === 'end') action.word = word;
    else throw new JsonPathError(`unrecognized identifier ${word}`);
  }

  #number(): Step {
    const [text = ''] = /^[-+]?[\d.]*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += text.length;
    const value = wideInteger(text) ?? Number(text);
    if (!/\d/.test(text) || Number.isNaN(Number(value))) throw new JsonPathError(`cannot parse number ${text}`);
    return { kind: 'number', value, whole: !text.includes('.') };
  }

  /** After its dot. A backslash takes away the meaning of the character after it. */
  #field(): Step {
    let name = '';
    while (!terminators.has(this.#peek())) {
      const character = this.#peek();
      this.#at += character.length;
      if (character !== '\\') {
        name += character;
        continue;
      }
      const escaped = this.#peek();
      this.#at += escaped.length;
      if (escaped !== '\\') name += escaped;
    }
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name };
  }

  #descendants(steps: Step[]): void {
    if (steps.at(-1)?.kind === 'descendants') throw new JsonPathError('invalid multiple recursive descent');
    this.#at += 2;
    steps.push({ kind: 'descendants' });
    if (isWordCharacter(this.#peek())) steps.push(this.#field());
  }

  #quoted(quote: string): string {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length && this.#text[at] !== '\n'; at++) {
      if (this.#text[at] !== quote || this.#text[at - 1] === '\\') continue;
      this.#at = at + 1;
      return unquote(this.#text.slice(start + 1, at), quote);
    }
    throw new JsonPathError('unterminated quoted string');
  }

  /** `[0]`, `[1:-1:2]`, `[*]`, `['a.b']`, and several of them with commas. */
  #brackets(): Step[] {
    const end = this.#text.indexOf(']', this.#at);
    const inside = end < 0 ? '' : this.#text.slice(this.#at + 1, end);
    if (end < 0 || inside.includes('\n')) throw new JsonPathError('unterminated array');
    this.#at = end + 1;
    const parts = inside.split(',');
    if (parts.length > 1) {
      const union = parts.map((part) => stepsOf(`[${part.replace(/^ +| +$/g, '')}]`));
      return [{ kind: 'union', parts: union }];
    }
    const key = /^'([^']*)'$/.exec(inside)?.[1];
    return key === undefined ? [sliceOf(inside)] : stepsOf(`.${key}`);
  }

  #filter(): Step {
    const start = this.#at + 3;
    let quote = '';
    let quotedOnce = false;
    let at = start;
    for (; ; at++) {
      const character = this.#text[at];
      if (character === undefined || character === '\n') throw new JsonPathError('unterminated filter');
      if (character === ')' && (quote === '' || quotedOnce)) break;
      if (character !== '"' && character !== "'") continue;
      if (quote === '') quote = character;
      else if (character === quote && this.#text[at - 1] !== '\\') quotedOnce = true;
    }
    if (this.#text[at + 1] !== ']') throw new JsonPathError('unclosed array expect ]');
    this.#at = at + 2;
    const text = this.#text.slice(start, at);
    const [, left, operator = '', right = ''] = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text) ?? [];
    if (left === undefined) return { kind: 'filter', left: stepsOf(text), test: undefined };
    if (!isOperator(operator)) throw new JsonPathError(`unrecognized filter operator ${operator}`);
    return { kind: 'filter', left: stepsOf(left), test: { operator, right: stepsOf(right) } };
  }
}

function isOperator(text: string): text is FilterTest['operator'] {
  return ['==', '!=', '<', '<=', '>', '>='].includes(text);
}

function sliceOf(inside: string): Step {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(inside === '*' ? ':' : inside);
  if (match === null) throw new JsonPathError(`invalid array index ${inside}`);
  const [, first = '', second, third] = match;
  const number = (text: string): number | undefined => {
    if (text === '') return undefined;
    const value = Number(text);
    if (Number.isNaN(value)) throw new JsonPathError(`array index ${text} is not a number`);
    return value;
  };
  const from = number(first);
  const single = second === undefined;
  const to = single ? (from ?? 0) + 1 : number(second.slice(1));
  return { kind: 'slice', from, to, step: number(third?.slice(1) ?? ''), single };
}
