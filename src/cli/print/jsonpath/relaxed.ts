/** Paths of `custom-columns` and `--sort-by`, which may leave braces and the first dot out. */
import { parseJsonPath } from './parse.ts';
import { JsonPathError, type Segment } from './template.ts';

/** `metadata.name`, `.metadata.name`, `{metadata.name}` and `{.metadata.name}` are the same. Throws JsonPathError. */
export function relaxedJsonPath(path: string): { expression: string; segments: Segment[] } {
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(path);
  if (path !== '' && match === null) {
    throw new JsonPathError(
      `unexpected path string "${path}", expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  }
  const expression = match === null ? '' : `{.${match[1] ?? match[2] ?? ''}}`;
  return { expression, segments: parseJsonPath(expression) };
}
