/** What was applied last, which client-side apply keeps in an annotation of the object. */
import type { UnstructuredObject } from '../../api/object.ts';
import { parseExactJson } from '../../lib/exact-json.ts';
import { goJson } from '../../lib/go-json.ts';
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
    const value: unknown = parseExactJson(text);
    if (isRecord(value)) return value;
  } catch {
    // Told below.
  }
  throw new CommandError(`the annotation ${lastAppliedAnnotation} of ${kind} "${metadata.name}" holds no object`);
}
