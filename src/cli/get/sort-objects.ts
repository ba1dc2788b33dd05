/** `--sort-by` for `get`: what cannot be sorted is the user's to mend. */
import { CommandError } from '../command.ts';
import { JsonPathError } from '../print/jsonpath/template.ts';
import { sortBy } from '../print/sort-by.ts';

/** Throws CommandError. */
export function sortObjects<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  try {
    return sortBy(items, path, objectOf);
  } catch (error) {
    if (error instanceof JsonPathError) throw new CommandError(error.message);
    throw error;
  }
}
