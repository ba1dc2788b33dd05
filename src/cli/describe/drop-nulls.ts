import { isRecord } from '../../lib/is-record.ts';

/**
 * Takes fields that are null out of what a server answered, in place: Go writes empty lists and times so, and reads null as an
 * absent field. What remains is as its type says.
 */
export function dropNulls(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item);
  if (!isRecord(value)) return;
  for (const [field, content] of Object.entries(value)) {
    if (content === null) delete value[field];
    else dropNulls(content);
  }
}
