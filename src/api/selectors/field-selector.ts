/** Field selectors, `metadata.name=x,status.phase!=Running`; after `apimachinery/pkg/fields`. */
import { badRequest } from '../status.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** Terms end at a comma that no backslash escapes. */
const TERM = /(?:[^\\,]|\\.)+/gsy;

/** Throws `StatusError` 400. Backslash escapes `,`, `=` and itself in values. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  let position = 0;
  while (position < text.length) {
    if (text[position] === ',') {
      position += 1;
      continue;
    }
    TERM.lastIndex = position;
    const term = TERM.exec(text)?.[0];
    if (term === undefined) throw badRequest(`invalid field selector ${JSON.stringify(text)}: it ends in a backslash`);
    requirements.push(parseTerm(term, text));
    position += term.length;
  }
  return requirements;
}

function parseTerm(term: string, text: string): FieldRequirement {
  const match = /^([^=!]*?)(!=|==|=)(.*)$/s.exec(term);
  const [, field, operator, value] = match ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw badRequest(`invalid field selector ${JSON.stringify(text)}: can't understand ${JSON.stringify(term)}`);
  }
  return { field: field.trim(), operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value, text) };
}

function unescapeValue(value: string, text: string): string {
  return value.replace(/\\(.)|=/gs, (whole, escaped: string | undefined) => {
    if (escaped !== undefined && '\\,='.includes(escaped)) return escaped;
    throw badRequest(`invalid field selector ${JSON.stringify(text)}: ${JSON.stringify(whole)} must be escaped`);
  });
}

/** The value that the selector demands of a field by `=`, if it does. */
export function requiredFieldValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}

/** `read` gives a field's value, '' where the object has none. */
export function matchesFields(selector: FieldSelector, read: (field: string) => string): boolean {
  return selector.every(({ field, operator, value }) => (read(field) === value) === (operator === '='));
}
