/** The annotation in which kubectl keeps what it applied on its own side, and how server-side apply takes over from it. */
import { goJson } from '../../lib/go-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { KubeObject } from '../object.ts';
import { checkTyped } from './check-typed.ts';
import { compare } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import { difference } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import type { Writing } from './track-update.ts';
import { withoutOwners } from './track-update.ts';

/** The manager that takes over; others have never applied on the client's side. */
export const KUBECTL = 'kubectl';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Of all annotations of an object together. */
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

/** The fields that still are as kubectl applied them; undefined without the annotation, or when it cannot be read. */
export function lastAppliedFields(live: KubeObject, { type, apiVersion }: Writing): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED] ?? '';
  const last = parseObject(text);
  if (last === undefined || last.apiVersion !== apiVersion || checkTyped(last, type).length > 0) return undefined;
  const { added, modified, removed } = compare(last, withoutOwners(live), type);
  return [modified, added, removed].reduce(difference, fieldSetOf(last, type));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation, where there is one, up to date with what kubectl applies on the server. In place. */
export function updateLastApplied(object: KubeObject, applied: KubeObject): void {
  const { annotations = {} } = object.metadata;
  if ((annotations[LAST_APPLIED] ?? '') === '') return;
  const next: Record<string, string> = { ...annotations, [LAST_APPLIED]: lastAppliedText(applied) };
  const size = Object.entries(next).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (size > ANNOTATIONS_LIMIT_BYTES) delete next[LAST_APPLIED];
  object.metadata = { ...object.metadata, annotations: next };
}

/** As kubectl writes it: members sorted, a line feed at the end. */
function lastAppliedText(applied: KubeObject): string {
  const { annotations, ...metadata } = applied.metadata;
  const { [LAST_APPLIED]: _last, ...others } = annotations ?? {};
  const document = {
    ...applied,
    metadata: annotations === undefined ? metadata : { ...metadata, annotations: others },
  };
  return `${goJson(document)}\n`;
}
