/** Names of those who own fields; after `apimachinery/pkg/apis/meta/v1/validation`. */
import type { FieldError } from '../status.ts';
import { invalidValue, tooLong } from './field-errors.ts';

export const LONGEST_FIELD_MANAGER_BYTES = 128;

export function complainAboutFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > LONGEST_FIELD_MANAGER_BYTES)
    errors.push(tooLong(field, LONGEST_FIELD_MANAGER_BYTES));
  if ([...manager].some((character) => !isPrintable(character))) {
    errors.push(invalidValue(field, manager, 'should only contain printable characters'));
  }
  return errors;
}

export function isPrintable(character: string): boolean {
  return character === ' ' || !/[\p{C}\p{Z}]/u.test(character);
}
