/** Zero values: what Go has where nothing was said, and which of them its JSON encoder leaves out. */
import type { FieldSchema, Scalar } from './field.ts';
import type { ObjectSchema } from './schema.ts';
import { structOf } from './schema.ts';

/** Undefined for scalars that have no zero in JSON but null. */
export function zeroOf(scalar: Scalar): string | number | boolean | undefined {
  switch (scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    default:
      return undefined;
  }
}

/**
 * True for a value that is the same as none when an object is kept. Goes further than Go in one thing: an optional
 * IntOrString 0 (a Service's targetPort), which Go cannot leave out and upstream's defaults then treat as absent.
 */
export function isLeftOut(value: unknown, field: FieldSchema): boolean {
  if (field.omit === 'never') return false;
  if (Array.isArray(value)) return value.length === 0;
  if (field.type.kind === 'map') return Object.keys(value as object).length === 0;
  if (field.pointer || field.type.kind !== 'scalar' || field.type.scalar === 'quantity') return false;
  return value === zeroOf(field.type.scalar);
}

/**
 * What an object has in a field that it was not given: zeros that Go writes always, and structs of such. A list or map
 * that Go would write as null is empty, so that required fields are always there. Undefined: the field stays away.
 */
export function absentValue(field: FieldSchema): unknown {
  if (field.pointer || field.numbers.length === 0) return undefined;
  if (field.type.kind === 'struct') return field.omit === 'zero' ? undefined : zeroStruct(structOf(field.type));
  if (field.type.kind === 'scalar') {
    const zero = zeroOf(field.type.scalar);
    return isLeftOut(zero, field) ? undefined : zero;
  }
  if (field.omit !== 'never') return undefined;
  return field.type.kind === 'list' ? [] : {};
}

function zeroStruct(schema: ObjectSchema): Record<string, unknown> | undefined {
  return schema.either === undefined ? fillAbsent({}, schema) : undefined;
}

/** Adds, in place, what the object has of its own accord. Structs inside it are complete already. */
export function fillAbsent(object: Record<string, unknown>, schema: ObjectSchema): Record<string, unknown> {
  for (const field of schema.fields.values()) {
    if (object[field.name] !== undefined) continue;
    const value = absentValue(field);
    if (value !== undefined) object[field.name] = value;
  }
  return object;
}
