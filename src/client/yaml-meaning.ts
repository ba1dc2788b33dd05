/** What a parsed YAML text means: merge keys (`<<`) as kubectl reads them, and a bound on how deep it may be nested. */
import { isRecord } from '../lib/is-record.ts';

/** Deeper than any kubeconfig, and within what the stack holds for whoever walks through it. */
const maxDepth = 200;
const mergeKey = '<<';

/** What is wrong, as a clause that holds nothing of the text. */
export class YamlMeaningError extends Error {
  override readonly name = 'YamlMeaningError';
}

/**
 * `document` is what the parser made of aliases: one object wherever they lead to the same. So it is afterwards. Throws YamlMeaningError.
 */
export function yamlMeaning(document: unknown): unknown {
  const open = new Set<object>();
  const known = new Map<object, { value: unknown; height: number }>();

  function visit(value: unknown, depth: number): { value: unknown; height: number } {
    if (typeof value !== 'object' || value === null) return { value, height: 0 };
    if (open.has(value)) throw new YamlMeaningError('its aliases (*name) lead back to themselves');
    const seen = known.get(value);
    if (depth + (seen?.height ?? 1) > maxDepth) throw new YamlMeaningError('it is nested too deeply');
    if (seen !== undefined) return seen;
    open.add(value);
    const children = Object.entries(value).map(([key, child]) => [key, visit(child, depth + 1)] as const);
    const height = children.reduce((most, [, child]) => Math.max(most, child.height), 0) + 1;
    const entries = children.map(([key, child]) => [key, child.value] as const);
    const found = { value: Array.isArray(value) ? entries.map(([, item]) => item) : merged(entries), height };
    open.delete(value);
    known.set(value, found);
    return found;
  }

  return visit(document, 0).value;
}

/** What is written counts before what is merged, and of several sources the first. */
function merged(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const own = Object.fromEntries(entries);
  if (!Object.hasOwn(own, mergeKey)) return own;
  const { [mergeKey]: from, ...written } = own;
  const sources: unknown[] = Array.isArray(from) ? from : [from];
  if (!sources.every(isRecord))
    throw new YamlMeaningError('a merge key (<<) in it leads to something that is no mapping');
  return Object.fromEntries([...sources.toReversed(), written].flatMap((source) => Object.entries(source)));
}
