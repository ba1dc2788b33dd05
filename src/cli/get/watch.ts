/** `get -w`: what is there, then every change until the user stops, the server ends the watch or `--request-timeout` is over. */
import type { Readable } from 'node:stream';
import { StatusError, type StatusReason } from '../../api/status.ts';
import { parseExactJson } from '../../lib/exact-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import { AnswerLimit } from '../answer-limit.ts';
import type { ApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import type { ObjectPrinter } from '../print/object-printer.ts';
import { TableLayout } from '../print/table-layout.ts';
import type { Wanted } from './arguments.ts';
import { fetchTable, type HumanOptions, styleFor } from './print-tables.ts';
import { collectionPath, type Selection, withQuery } from './request-path.ts';
import { records } from './resource-types.ts';
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
  for await (const event of watchEvents(wanted, tableAccept, { reader, selection, resourceVersion })) {
    print(readTable(event.object), event.type);
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
  const list = await reader.getJson(withQuery(collectionPath(wanted, selection), query));
  const { apiVersion } = isRecord(list) ? list : {};
  const items = records(isRecord(list) ? list.items : []);
  if (wanted.name !== undefined && items.length === 0) throw missing(wanted);
  if (!changesOnly) {
    for (const item of items) await print({ apiVersion, kind: wanted.type.kind, ...item }, 'ADDED');
  }
  const metadata = isRecord(list) && isRecord(list.metadata) ? list.metadata : {};
  const resourceVersion = String(metadata.resourceVersion ?? '');
  for await (const event of watchEvents(wanted, 'application/json', { reader, selection, resourceVersion })) {
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

async function* watchEvents(
  wanted: Wanted,
  accept: string,
  { reader, selection, resourceVersion }: { reader: ApiReader; selection: Selection; resourceVersion: string },
): AsyncGenerator<{ type: string; object: Record<string, unknown> }> {
  const query = {
    labelSelector: selection.labelSelector,
    fieldSelector: fieldSelectorOf(wanted, selection),
    resourceVersion,
    watch: 'true',
  };
  const body = await reader.getStream(withQuery(collectionPath(wanted, selection), query), accept);
  using limit = new AnswerLimit(reader.signal, reader.config.requestTimeoutMs);
  limit.cover(body);
  try {
    for await (const line of lines(body)) {
      const event: unknown = parseExactJson(line);
      if (!isRecord(event) || !isRecord(event.object)) continue;
      if (event.type === 'ERROR') throw watchError(event.object);
      if (event.type !== 'BOOKMARK') yield { type: String(event.type), object: event.object };
    }
  } catch (error) {
    if (!limit.isOver) throw error;
  }
}

function watchError({ code, reason, message }: Record<string, unknown>): StatusError {
  return new StatusError({
    code: typeof code === 'number' ? code : 500,
    // Servers may have reasons of their own; it is only printed.
    reason: (typeof reason === 'string' ? reason : '') as StatusReason,
    message: typeof message === 'string' ? message : 'the watch failed',
  });
}

async function* lines(body: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}
