/** How scalars of Kubernetes' JSON are read: what is accepted, and in which one form it is kept. */
import { checkDepth } from './depth.ts';
import type { Scalar } from './field.ts';

/** Why a value is not of its field's type; the caller knows the field and says it. */
export class ScalarError extends Error {
  override readonly name = 'ScalarError';
  /** True when the message is complete in itself, as Go's errors from custom decoders are. */
  readonly complete: boolean;
  constructor(message: string, complete: boolean) {
    super(message);
    this.complete = complete;
  }
}

const goTypes: Readonly<Record<Scalar, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'int32',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  object: 'runtime.RawExtension',
  json: 'interface {}',
};

/** The type as Go's error messages name it. */
export function goTypeOf(scalar: Scalar): string {
  return goTypes[scalar];
}

/** A JSON value as Go's error messages name it. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

const limits = { int32: 2 ** 31, int64: 2 ** 63 } as const;

function integer(value: unknown, scalar: 'int32' | 'int64'): number {
  if (typeof value !== 'number') throw new ScalarError(describeJson(value), false);
  const limit = limits[scalar];
  if (!Number.isInteger(value) || value >= limit || value < -limit) throw new ScalarError(`number ${value}`, false);
  return value;
}

const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;

function quantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !quantityPattern.test(text.trim())) {
    const why =
      'quantities must be a number with an optional suffix such as m, k, M, Gi or an exponent such as e3, and ';
    throw new ScalarError(`${why}${JSON.stringify(value)} is none`, true);
  }
  return text.trim();
}

const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** In UTC, with whole seconds or with microseconds: the form in which Kubernetes writes it. */
function time(value: unknown, fractionDigits: 0 | 6): string {
  if (typeof value !== 'string') throw new ScalarError(describeJson(value), false);
  const match = timePattern.exec(value);
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (match === null || Number.isNaN(at)) {
    throw new ScalarError(`parsing time ${JSON.stringify(value)}: it is not in the form 2006-01-02T15:04:05Z`, true);
  }
  const seconds = new Date(at).toISOString().slice(0, 19);
  return fractionDigits === 0 ? `${seconds}Z` : `${seconds}.${(match[2] ?? '').padEnd(6, '0').slice(0, 6)}Z`;
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function bytes(value: unknown): string {
  if (typeof value !== 'string') throw new ScalarError(describeJson(value), false);
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  if (!base64Pattern.test(text)) throw new ScalarError('illegal base64 data', true);
  return text;
}

/** The value in the form that is kept. Throws `ScalarError`. Null never comes here. */
export function readScalar(value: unknown, scalar: Scalar): unknown {
  switch (scalar) {
    case 'string':
      if (typeof value !== 'string') throw new ScalarError(describeJson(value), false);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw new ScalarError(describeJson(value), false);
      return value;
    case 'double':
      if (typeof value !== 'number') throw new ScalarError(describeJson(value), false);
      return value;
    case 'int32':
    case 'int64':
      return integer(value, scalar);
    case 'intOrString':
      return typeof value === 'string' ? value : integer(value, 'int32');
    case 'bytes':
      return bytes(value);
    case 'quantity':
      return quantity(value);
    case 'time':
      return time(value, 0);
    case 'microTime':
      return time(value, 6);
    case 'object':
      if (typeof value !== 'object' || Array.isArray(value)) throw new ScalarError(describeJson(value), false);
      checkDepth(value);
      return value;
    case 'json':
      checkDepth(value);
      return value;
  }
}
