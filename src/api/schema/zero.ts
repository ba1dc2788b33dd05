/** Zero values: what Go has where nothing was said, and which of them its JSON encoder leaves out. */
import type { FieldSchema, Scalar } from './field.ts';

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
