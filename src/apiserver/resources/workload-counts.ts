/** Numbers of pods and seconds in the kinds that look after pods. */
import type { FieldError } from '../../api/status.ts';
import { invalidValue } from '../../api/validation/field-errors.ts';

/** None of them may be negative; keys are the names of the fields. */
export function validateCounts(counts: Readonly<Record<string, number | undefined>>, field: string): FieldError[] {
  return Object.entries(counts).flatMap(([name, value = 0]) =>
    value >= 0 ? [] : [invalidValue(`${field}.${name}`, value, 'must be greater than or equal to 0')],
  );
}

/** A number of pods, or a percentage of them up to `limit`. */
export function validateCountOrPercent(value: number | string, field: string, limit: number | undefined): FieldError[] {
  if (typeof value === 'number') {
    return value >= 0 ? [] : [invalidValue(field, value, 'must be greater than or equal to 0')];
  }
  const match = /^([0-9]+)%$/.exec(value);
  if (match === null) {
    const why =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return [invalidValue(field, value, why)];
  }
  if (limit === undefined || Number(match[1]) <= limit) return [];
  return [invalidValue(field, value, `must not be greater than ${limit}%`)];
}
