/** What `-o jsonpath` and `-o jsonpath-as-json` print of an object. */

import { goJson } from '../../../lib/go-json.ts';
import { goText } from '../go-text.ts';
import { findResults } from './find.ts';
import type { Segment } from './template.ts';

/** Results of one segment have a blank between them; maps and lists are JSON. Throws JsonPathError. */
export function printJsonPath(segments: readonly Segment[], object: unknown, options: { strict: boolean }): string {
  return findResults(segments, object, options)
    .map((results) => results.map(textOf).join(' '))
    .join('');
}

/** The results of each segment as a list of their own. */
export function printJsonPathAsJson(
  segments: readonly Segment[],
  object: unknown,
  options: { strict: boolean },
): string {
  return findResults(segments, object, options)
    .map((results) => `${goJson(results, '    ')}\n`)
    .join('');
}

function textOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? goJson(value) : goText(value);
}
