/** Applies a JSONPath template to an object, as kubectl does. */
import { isInt64 } from '../../../lib/exact-json.ts';
import { isRecord } from '../../../lib/is-record.ts';
import { type FilterTest, JsonPathError, type Segment, type Step } from './template.ts';

export interface FindOptions {
  /** A field that no input has is an error. */
  strict?: boolean;
}

/** The results of each segment in turn; those of a range's body once for each turn of it. Throws JsonPathError. */
export function findResults(segments: readonly Segment[], object: unknown, options: FindOptions = {}): unknown[][] {
  return segments.flatMap((segment) => {
    const results = follow(segment.steps, [object], options);
    if (segment.kind === 'expression') return [results];
    return results.flatMap((result) => findResults(segment.body, result, options));
  });
}

function follow(steps: readonly Step[], input: readonly unknown[], options: FindOptions): unknown[] {
  return steps.reduce<unknown[]>((results, step) => take(step, results, options), [...input]);
}

function take(step: Step, input: readonly unknown[], options: FindOptions): unknown[] {
  switch (step.kind) {
    case 'text':
      return [step.text];
    case 'number':
    case 'boolean':
      return input.map(() => step.value);
    case 'field':
      return fieldOf(step.name, input, options);
    case 'slice':
      return input.flatMap((value) => sliced(value, step));
    case 'wildcard':
      return input.flatMap(childrenOf);
    case 'descendants':
      return input.flatMap(withDescendants);
    case 'union':
      return step.parts.flatMap((part) => follow(part, input, options));
    case 'filter':
      return input.flatMap((value) => filtered(value, step, options));
  }
}

function fieldOf(name: string, input: readonly unknown[], { strict = false }: FindOptions): unknown[] {
  const results = input.flatMap((value) => (isRecord(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  if (strict && results.length === 0 && input.length > 0) throw new JsonPathError(`${name} is not found`);
  return results;
}

function sliced(value: unknown, { from, to, step, single }: Extract<Step, { kind: 'slice' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${kindName(value)} is not array or slice`);
  const { length } = value;
  const first = (from ?? 0) < 0 ? (from ?? 0) + length : (from ?? 0);
  const given = to ?? length;
  const last = given < 0 || (given === 0 && single) ? given + length : given;
  if (first === last) return [];
  const outside = (index: number) => new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
  if (first >= length || first < 0) throw outside(first);
  if (last > length || last < 0) throw outside(last - 1);
  if (first > last) throw new JsonPathError(`starting index ${first} is greater than ending index ${last}`);
  if (step !== undefined && step <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(first, last).filter((_, index) => index % (step ?? 1) === 0);
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function withDescendants(value: unknown): unknown[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const children = childrenOf(value);
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)];
}

function filtered(value: unknown, { left, test }: Extract<Step, { kind: 'filter' }>, options: FindOptions): unknown[] {
  if (!Array.isArray(value)) {
    throw new JsonPathError(`${kindName(value)} is not array or slice and cannot be filtered`);
  }
  return value.filter((item: unknown) => {
    if (test === undefined) return exists(left, item, options);
    const [a, ...moreLeft] = follow(left, [item], options);
    const [b, ...moreRight] = follow(test.right, [item], options);
    if (moreLeft.length > 0 || moreRight.length > 0) throw new JsonPathError('can only compare one element at a time');
    return a !== undefined && b !== undefined && compares(a, test.operator, b);
  });
}

function exists(left: readonly Step[], item: unknown, options: FindOptions): boolean {
  try {
    return follow(left, [item], options).length > 0;
  } catch (error) {
    if (error instanceof JsonPathError) return false;
    throw error;
  }
}

function compares(a: unknown, operator: FilterTest['operator'], b: unknown): boolean {
  const [kindA, kindB] = [comparableKind(a), comparableKind(b)];
  if (kindA !== kindB) throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return inOrder(a, b) === 0;
  if (operator === '!=') return inOrder(a, b) !== 0;
  if (kindA === 'bool') throw new JsonPathError('invalid type for comparison');
  const order = inOrder(a, b);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** Both of one kind. */
function inOrder(a: unknown, b: unknown): number {
  const [left, right] = [comparable(a), comparable(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function comparable(value: unknown): number | bigint | string {
  if (typeof value === 'bigint') return isInt64(value) ? value : Number(value);
  return typeof value === 'number' ? value : String(value);
}

/** Whole numbers and others do not compare, as in Go. */
function comparableKind(value: unknown): 'string' | 'int' | 'float' | 'bool' {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (typeof value === 'bigint') return isInt64(value) ? 'int' : 'float';
  throw new JsonPathError('invalid type for comparison');
}

function kindName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return isRecord(value) ? 'a map' : typeof value;
}
