/** `--sort-by` for `get`: what cannot be sorted is the user's to mend. */
import { CommandError } from '../command.ts';
import { JsonPathError } from '../print/jsonpath/template.ts';
import { FieldNowhere, sortBy } from '../print/sort-by.ts';
import type { Table } from './table.ts';

/** Throws CommandError. */
export function sortObjects<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  try {
    return sortBy(items, path, objectOf);
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  return error instanceof JsonPathError ? new CommandError(error.message) : error;
}

/**
 * As kubectl does with what it asked for alone: a single row needs no order, and rows of which none has the field are not shown,
 * which is no failure (`problem` says why). Throws CommandError for everything else that is wrong.
 */
export function sortRowsOfOneType(rows: Table['rows'], path: string): { rows: Table['rows']; problem?: string } {
  if (rows.length < 2) return { rows };
  try {
    return { rows: sortBy(rows, path, ({ object }) => object) };
  } catch (error) {
    if (error instanceof FieldNowhere) return { rows: [], problem: error.message };
    throw explained(error);
  }
}
