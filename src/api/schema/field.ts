/** A field of a Kubernetes type, and the compact text that the generated facts keep it in. */

export type Scalar =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'object'
  | 'json';

export type FieldType =
  | { kind: 'scalar'; scalar: Scalar }
  /** `schema.ts` resolves it with `structOf`. */
  | { kind: 'struct'; package: string; name: string }
  | { kind: 'list'; of: FieldType }
  | { kind: 'map'; of: FieldType };

export interface FieldSchema {
  name: string;
  type: FieldType;
  required: boolean;
  /** A zero that was given stays (the field is a pointer in Go). */
  pointer: boolean;
  /** What is left out when written: nothing, zero scalars and empty lists, or also structs with nothing in them. */
  omit: 'never' | 'empty' | 'zero';
  /** Protobuf field numbers, outermost first: more than one for fields of embedded messages. Empty: not in protobuf. */
  numbers: readonly number[];
  default?: unknown;
  patchMergeKey?: string;
  /** `merge`, `retainKeys`, `replace`. */
  patchStrategies: readonly string[];
  listType?: string;
  listMapKeys?: readonly string[];
  mapType?: string;
}

const scalars: Readonly<Record<string, Scalar>> = {
  s: 'string',
  b: 'boolean',
  i: 'int32',
  l: 'int64',
  d: 'double',
  y: 'bytes',
  q: 'quantity',
  x: 'intOrString',
  t: 'time',
  u: 'microTime',
  o: 'object',
  j: 'json',
};

function parseType(text: string, home: string): FieldType {
  if (text.startsWith('[')) return { kind: 'list', of: parseType(text.slice(1), home) };
  if (text.startsWith('{')) return { kind: 'map', of: parseType(text.slice(1), home) };
  const scalar = scalars[text];
  if (scalar !== undefined) return { kind: 'scalar', scalar };
  const [name = text, packageName = home] = text.split('@');
  return { kind: 'struct', package: packageName, name };
}

function setFlag(field: FieldSchema, flag: string): void {
  const value = flag.slice(2);
  if (flag === '!') field.required = true;
  else if (flag === '*') field.pointer = true;
  else if (flag === '?') field.omit = 'empty';
  else if (flag === '??') field.omit = 'zero';
  else if (flag.startsWith('k:')) field.patchMergeKey = value;
  else if (flag.startsWith('p:')) field.patchStrategies = value.split(',');
  else if (flag.startsWith('l:')) field.listType = value;
  else if (flag.startsWith('K:')) field.listMapKeys = value.split(',');
  else if (flag.startsWith('m:')) field.mapType = value;
  else throw new Error(`the generated facts have an unknown flag ${flag} at field ${field.name}`);
}

/** `NUMBERS TYPE FLAG… =DEFAULT`, as `tools/facts/facts.ts` writes it. `home` is the package that bare names belong to. */
export function parseField(name: string, text: string, home: string): FieldSchema {
  const defaultAt = text.indexOf(' =');
  const head = defaultAt === -1 ? text : text.slice(0, defaultAt);
  const [numbers = '0', type = '', ...flags] = head.split(' ');
  const field: FieldSchema = {
    name,
    type: parseType(type, home),
    required: false,
    pointer: false,
    omit: 'never',
    numbers: numbers === '0' ? [] : numbers.split('.').map(Number),
    patchStrategies: [],
  };
  for (const flag of flags) setFlag(field, flag);
  if (defaultAt !== -1) field.default = JSON.parse(text.slice(defaultAt + 2));
  return field;
}
