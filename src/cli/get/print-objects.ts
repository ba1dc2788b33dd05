/** `get` for programs: whole objects as JSON or YAML, or their names. */
import type { ApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured, type StructuredFormat } from '../print/structured.ts';
import type { Wanted } from './arguments.ts';
import { kindPrefix } from './print-tables.ts';
import { collectionPath, objectPath, type Selection, withQuery } from './request-path.ts';
import { isRecord, records } from './resource-types.ts';

export type ObjectFormat = StructuredFormat | 'name';

/** The objects of one type, with their own apiVersion and kind, which lists leave out. */
async function fetchObjects(
  reader: ApiReader,
  wanted: Wanted,
  selection: Selection,
): Promise<{ items: Record<string, unknown>[]; resourceVersion: string }> {
  if (wanted.name !== undefined) {
    const object = await reader.getJson(objectPath(wanted, selection));
    return { items: isRecord(object) ? [object] : [], resourceVersion: '' };
  }
  const { labelSelector, fieldSelector } = selection;
  const items: Record<string, unknown>[] = [];
  let next: string | undefined;
  let resourceVersion = '';
  do {
    const query = { labelSelector, fieldSelector, limit: '500', continue: next };
    const list = await reader.getJson(withQuery(collectionPath(wanted, selection), query));
    const metadata = isRecord(list) && isRecord(list.metadata) ? list.metadata : {};
    const apiVersion = isRecord(list) ? list.apiVersion : undefined;
    for (const item of records(isRecord(list) ? list.items : [])) {
      items.push({ apiVersion, kind: wanted.type.kind, ...item });
    }
    resourceVersion = String(metadata.resourceVersion ?? '');
    next = typeof metadata.continue === 'string' && metadata.continue !== '' ? metadata.continue : undefined;
  } while (next !== undefined);
  return { items, resourceVersion };
}

/** Prints what was found, and returns what was refused. */
export async function printObjects(
  wanted: readonly Wanted[],
  { reader, selection, format, io }: { reader: ApiReader; selection: Selection; format: ObjectFormat; io: CommandIo },
): Promise<unknown[]> {
  const answers = await Promise.allSettled(wanted.map((one) => fetchObjects(reader, one, selection)));
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const items = found.flatMap((one) => one.items).map(withoutManagedFields);
  const single = wanted.length === 1 && wanted[0]?.name !== undefined;
  const [first] = items;
  if (single && first === undefined) return errors;
  if (format === 'name') io.stdout.write(items.map(nameLine).join(''));
  else if (single) io.stdout.write(await formatStructured(first, format, io.stdout));
  else {
    const resourceVersion = found.length === 1 ? '' : undefined;
    const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: resourceVersion ?? '' }, items };
    io.stdout.write(await formatStructured(list, format, io.stdout));
  }
  return errors;
}

/** `pod/web` or `deployment.apps/web`. */
export function nameLine(object: Record<string, unknown>): string {
  const apiVersion = String(object.apiVersion ?? '');
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const name = isRecord(object.metadata) ? String(object.metadata.name ?? '') : '';
  return escapeControls(`${kindPrefix({ kind: String(object.kind ?? ''), group })}/${name}\n`);
}

/** Who set which field is long and seldom wanted: kubectl leaves it out too. */
export function withoutManagedFields(object: Record<string, unknown>): Record<string, unknown> {
  if (!isRecord(object.metadata) || !('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
