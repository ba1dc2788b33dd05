/** `get -w`: what is there, then every change until the user stops, the server ends the watch or `--request-timeout` is over. */
import { StatusError } from '../../api/status.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { ApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import type { ObjectPrinter } from '../print/object-printer.ts';
import { TableLayout } from '../print/table-layout.ts';
import { answeredItems, answeredObject } from './answered-objects.ts';
import type { Wanted } from './arguments.ts';
import { changesOf } from './changes.ts';
import { fetchTable, type HumanOptions, styleFor } from './print-tables.ts';
import { collectionPath, type Selection, withQuery } from './request-path.ts';
import { headings, readTable, rowCells, type Table, tableAccept } from './table.ts';

interface WatchContext {
  reader: ApiReader;
  selection: Selection;
  io: CommandIo;
  /** Only what changes from now on. */
  changesOnly: boolean;
  /** What happened to each object is shown too. */
  showEvents: boolean;
}

export async function watchTable(
  wanted: Wanted,
  options: HumanOptions,
  { reader, selection, io, changesOnly, showEvents }: WatchContext,
): Promise<void> {
  const style = styleFor(wanted.type, options, { allNamespaces: selection.allNamespaces, severalTypes: false });
  const layout = new TableLayout();
  let columns: Table['columns'] = [];
  let headed = options.noHeaders;
  const print = (table: Table, event: string): void => {
    if (table.columns.length > 0) columns = table.columns;
    if (table.rows.length === 0) return;
    const shown = showEvents ? { ...style, event } : style;
    const rows = table.rows.map((row) => rowCells(row, columns, shown));
    io.stdout.write(layout.lines(headed ? rows : [headings(columns, shown), ...rows]));
    headed = true;
  };
  // As a list of one where an object is named: a list's version is new enough to be watched from.
  const named = { ...selection, fieldSelector: fieldSelectorOf(wanted, selection) };
  const first = await fetchTable(reader, listed(wanted), named);
  if (wanted.name !== undefined && first.rows.length === 0) throw missing(wanted);
  if (!changesOnly) print(first, 'ADDED');
  // The columns are told once; those of a table that is not shown count as well.
  else columns = first.columns;
  const { resourceVersion } = first;
  const path = collectionPath(wanted, selection);
  const query = { labelSelector: selection.labelSelector, fieldSelector: named.fieldSelector };
  for await (const event of changesOf(reader, path, { query, accept: tableAccept, resourceVersion })) {
    print(readTable(event.object, path), event.type);
  }
}

export async function watchObjects(
  wanted: Wanted,
  printer: ObjectPrinter,
  { reader, selection, io, changesOnly, showEvents }: WatchContext,
): Promise<void> {
  const print = async (object: Record<string, unknown>, type: string): Promise<void> => {
    io.stdout.write(await (showEvents ? printer.printEvent({ type, object }) : printer.print(object)));
  };
  const { labelSelector } = selection;
  const query = { labelSelector, fieldSelector: fieldSelectorOf(wanted, selection) };
  const path = collectionPath(wanted, selection);
  const list = answeredObject(await reader.getJson(withQuery(path, query)), path);
  const { apiVersion } = list;
  const items = answeredItems(list, path);
  if (wanted.name !== undefined && items.length === 0) throw missing(wanted);
  if (!changesOnly) {
    for (const item of items) await print({ apiVersion, kind: wanted.type.kind, ...item }, 'ADDED');
  }
  const metadata = isRecord(list.metadata) ? list.metadata : {};
  const resourceVersion = String(metadata.resourceVersion ?? '');
  for await (const event of changesOf(reader, path, { query, accept: 'application/json', resourceVersion })) {
    await print(event.object, event.type);
  }
}

/** The same without its name. */
function listed({ type, namespace }: Wanted): Wanted {
  return { type, ...(namespace !== undefined && { namespace }) };
}

function fieldSelectorOf(wanted: Wanted, { fieldSelector }: Selection): string | undefined {
  return wanted.name === undefined ? fieldSelector : `metadata.name=${wanted.name}`;
}

function missing({ type, name }: Wanted): StatusError {
  const what = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${what} "${name}" not found`,
    details: { ...(name !== undefined && { name }), group: type.group, kind: type.plural },
  });
}
