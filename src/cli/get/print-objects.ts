/** `get` for programs: whole objects in the form that `-o` asks for, one of them or a list. */

import { isRecord } from '../../lib/is-record.ts';
import type { ApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import type { ObjectPrinter } from '../print/object-printer.ts';
import { answeredItems, answeredObject } from './answered-objects.ts';
import type { Wanted } from './arguments.ts';
import { collectionPath, listQuery, objectPath, type Selection, withQuery } from './request-path.ts';

/** The objects of one type, with their own apiVersion and kind, which lists leave out. */
export async function fetchObjects(
  reader: ApiReader,
  wanted: Wanted,
  selection: Selection,
): Promise<Record<string, unknown>[]> {
  if (wanted.name !== undefined) {
    const path = objectPath(wanted, selection);
    return [answeredObject(await reader.getJson(path), path)];
  }
  const items: Record<string, unknown>[] = [];
  let next: string | undefined;
  do {
    const query = listQuery(selection, { continue: next });
    const path = collectionPath(wanted, selection);
    const list = answeredObject(await reader.getJson(withQuery(path, query)), path);
    const metadata = isRecord(list.metadata) ? list.metadata : {};
    const { apiVersion } = list;
    for (const item of answeredItems(list, path)) {
      items.push({ apiVersion, kind: wanted.type.kind, ...item });
    }
    next = typeof metadata.continue === 'string' && metadata.continue !== '' ? metadata.continue : undefined;
  } while (next !== undefined);
  return items;
}

export interface ObjectsRun {
  reader: ApiReader;
  selection: Selection;
  printer: ObjectPrinter;
  io: CommandIo;
  /** A path; objects come in the order of that field. */
  sortBy?: string | undefined;
  /** What is not there is no error, and nothing is printed for it. */
  ignoreNotFound: boolean;
}

/** Prints what was found, and returns what was refused. */
export async function printObjects(
  wanted: readonly Wanted[],
  { reader, selection, printer, io, sortBy, ignoreNotFound }: ObjectsRun,
): Promise<unknown[]> {
  const answers = await Promise.allSettled(wanted.map((one) => fetchObjects(reader, one, selection)));
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const single = wanted.length === 1 && wanted[0]?.name !== undefined;
  const [first] = found;
  if (single) {
    if (first !== undefined) io.stdout.write(await printer.print(first));
    return errors;
  }
  if (found.length === 0 && ignoreNotFound) return errors;
  const items = sortBy === undefined || found.length === 0 ? found : await sorted(found, sortBy);
  const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
  io.stdout.write(await printer.print(list));
  return errors;
}

async function sorted(objects: Record<string, unknown>[], path: string): Promise<Record<string, unknown>[]> {
  const { sortObjects } = await import('./sort-objects.ts');
  return sortObjects(objects, path, (object) => object);
}
