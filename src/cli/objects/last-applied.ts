/** What was applied last, which client-side apply keeps in an annotation of the object. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError } from '../command.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object with itself, as it is in its file, in the annotation. */
export function withLastApplied(object: UnstructuredObject): UnstructuredObject {
  const { [lastAppliedAnnotation]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  const text = `${goJson(bare)}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } },
  };
}

/** Undefined where the object was never applied. Throws CommandError for an annotation that holds something else. */
export function readLastApplied({ kind, metadata }: UnstructuredObject): Record<string, unknown> | undefined {
  const text = metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Told below.
  }
  throw new CommandError(`the annotation ${lastAppliedAnnotation} of ${kind} "${metadata.name}" holds no object`);
}

/** As Go writes JSON: keys in order, and what HTML might take for its own escaped. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => {
    if (!isRecord(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return text.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
