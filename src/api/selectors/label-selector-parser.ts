/** The grammar of label selectors in text: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. */
import type { StatusError } from '../status.ts';
import { badRequest } from '../status.ts';
import type { LabelOperator, LabelRequirement } from './label-selector.ts';

const TOKEN = /\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)/y;
const SYMBOLS: ReadonlySet<string> = new Set(['==', '!=', '=', '!', ',', '(', ')', '<', '>', '']);
const END = '';

const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) found.push(match[1] ?? '');
  return found;
}

export function parseRequirements(text: string): LabelRequirement[] {
  const list = tokens(text);
  let position = 0;
  const peek = () => list[position] ?? END;
  const take = () => list[position++] ?? END;
  const fail = (expected: string, found: string): StatusError =>
    badRequest(
      `unable to parse requirement: found '${found}', expected: ${expected} (in the label selector ${JSON.stringify(text)})`,
    );

  function requirement(): LabelRequirement {
    const negated = peek() === '!';
    if (negated) take();
    const key = take();
    if (SYMBOLS.has(key)) throw fail('identifier', key);
    checkKey(key);
    if (negated) return { key, operator: 'absent', values: [] };
    const next = peek();
    if (next === END || next === ',') return { key, operator: 'exists', values: [] };
    take();
    switch (next) {
      case '=':
      case '==':
        return { key, operator: '=', values: [exactValue(key)] };
      case '!=':
        return { key, operator: '!=', values: [exactValue(key)] };
      case '>':
      case '<':
        return { key, operator: next, values: [integer(key, next)] };
      case 'in':
      case 'notin':
        return { key, operator: next, values: valueSet(key) };
      default:
        throw fail("in, notin, =, ==, !=, >, <, ',' or the end", next);
    }
  }

  function exactValue(key: string): string {
    const next = peek();
    if (next === END || next === ',') return '';
    if (SYMBOLS.has(next)) throw fail('identifier', next);
    return checkValue(key, take());
  }

  function integer(key: string, operator: LabelOperator): string {
    const value = take();
    if (!/^-?\d+$/.test(value)) throw fail(`an integer after '${key}${operator}'`, value);
    return value;
  }

  function valueSet(key: string): string[] {
    const open = take();
    if (open !== '(') throw fail("'('", open);
    const values: string[] = [];
    for (;;) {
      const next = peek();
      if (next === ',' || next === ')') values.push('');
      else if (SYMBOLS.has(next)) throw fail("',', ')' or identifier", next);
      else values.push(checkValue(key, take()));
      const after = take();
      if (after === ')') return [...new Set(values)];
      if (after !== ',') throw fail("',' or ')'", after);
    }
  }

  const requirements: LabelRequirement[] = [];
  for (;;) {
    requirements.push(requirement());
    const next = take();
    if (next === END) return requirements;
    if (next !== ',') throw fail("',' or the end", next);
  }
}

function checkKey(key: string): void {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  const name = key.slice(slash + 1);
  if ((slash >= 0 && (prefix.length > 253 || !PREFIX.test(prefix))) || !NAME.test(name)) {
    throw badRequest(`unable to parse requirement: ${JSON.stringify(key)} is not a valid label key`);
  }
}

function checkValue(key: string, value: string): string {
  if (value !== '' && !NAME.test(value)) {
    throw badRequest(
      `unable to parse requirement: ${JSON.stringify(value)} is not a valid value for the label ${JSON.stringify(key)}`,
    );
  }
  return value;
}
