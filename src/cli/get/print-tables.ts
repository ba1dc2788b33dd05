/** `get` for people: what the server makes of each type as a table, all types one below the other. */
import { StatusError } from '../../api/status.ts';
import type { ApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { kindPrefix } from '../print/name-line.ts';
import { TableLayout } from '../print/table-layout.ts';
import type { Wanted } from './arguments.ts';
import { collectionPath, listQuery, objectPath, type Selection, withQuery } from './request-path.ts';
import type { ResourceType } from './resource-types.ts';
import { headings, readTable, rowCells, type Table, type TableStyle, tableAccept } from './table.ts';

export interface HumanOptions {
  wide: boolean;
  showLabels: boolean;
  noHeaders: boolean;
  labelColumns: readonly string[];
  /** Names with their kind even where all are of one. */
  showKind: boolean;
  /** A path; rows come in the order of that field. */
  sortBy?: string | undefined;
}

/** One request, or several where the server answers a list in pieces. */
export async function fetchTable(
  reader: ApiReader,
  wanted: Wanted,
  selection: Selection,
  { wholeObjects = false }: { wholeObjects?: boolean } = {},
): Promise<Table> {
  const include = { includeObject: wholeObjects ? 'Object' : undefined };
  if (wanted.name !== undefined) {
    const path = objectPath(wanted, selection);
    return readTable(await reader.getJson(withQuery(path, include), tableAccept), path);
  }
  const query = listQuery(selection, include);
  const path = collectionPath(wanted, selection);
  let table = readTable(await reader.getJson(withQuery(path, query), tableAccept), path);
  while (table.continue !== '') {
    const next = withQuery(path, { ...query, continue: table.continue });
    const more = readTable(await reader.getJson(next, tableAccept), path);
    const columns = table.columns.length > 0 ? table.columns : more.columns;
    table = { ...more, columns, rows: [...table.rows, ...more.rows] };
  }
  return table;
}

export function styleFor(
  type: ResourceType,
  { wide, showLabels, labelColumns, showKind }: HumanOptions,
  { allNamespaces, severalTypes }: { allNamespaces: boolean; severalTypes: boolean },
): TableStyle {
  return {
    wide,
    showLabels,
    labelColumns,
    withNamespace: allNamespaces && type.namespaced,
    ...(severalTypes || showKind ? { kindPrefix: kindPrefix(type) } : {}),
  };
}

export interface TablesRun {
  reader: ApiReader;
  selection: Selection;
  options: HumanOptions;
  io: CommandIo;
  /** The user named it by a flag. */
  namespaceGiven: boolean;
  /** Where nothing was found nothing is said. */
  ignoreNotFound: boolean;
}

/** Prints what was found, and returns what was refused. */
export async function printTables(
  wanted: readonly Wanted[],
  { reader, selection, options, io, namespaceGiven, ignoreNotFound }: TablesRun,
): Promise<unknown[]> {
  const { sortBy } = options;
  let unsorted: string | undefined;
  const asked = wanted.map(async (one) => {
    const table = await fetchTable(reader, one, selection, { wholeObjects: sortBy !== undefined });
    if (sortBy === undefined) return table;
    const { sortObjects, sortRowsOfOneType } = await import('./sort-objects.ts');
    if (wanted.length > 1) return { ...table, rows: sortObjects(table.rows, sortBy, ({ object }) => object) };
    const sorted = sortRowsOfOneType(table.rows, sortBy);
    unsorted = sorted.problem;
    return { ...table, rows: sorted.rows };
  });
  const answers = await Promise.allSettled(asked);
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const blocks: { type: ResourceType; tables: Table[] }[] = [];
  answers.forEach((answer, index) => {
    const type = wanted[index]?.type;
    if (answer.status === 'rejected' || type === undefined || answer.value.rows.length === 0) return;
    const last = blocks.at(-1);
    if (last?.type === type) last.tables.push(answer.value);
    else blocks.push({ type, tables: [answer.value] });
  });
  // Types of which nothing was found count: names are told apart by what was asked, not by what there is today.
  const answered = wanted.filter((_, index) => answers[index]?.status === 'fulfilled');
  const severalTypes = new Set(answered.map(({ type }) => type)).size > 1;
  const texts = blocks.map(({ type, tables }) => {
    const style = styleFor(type, options, { allNamespaces: selection.allNamespaces, severalTypes });
    const columns = tables[0]?.columns ?? [];
    const rows = tables.flatMap((table) => table.rows.map((row) => rowCells(row, table.columns, style)));
    return new TableLayout().lines(options.noHeaders ? rows : [headings(columns, style), ...rows]);
  });
  io.stdout.write(texts.join(options.noHeaders ? '' : '\n'));
  if (unsorted !== undefined) io.stderr.write(`warning: ${escapeControls(unsorted)}: nothing is shown\n`);
  else if (texts.length === 0 && errors.length === 0 && !ignoreNotFound) {
    io.stderr.write(nothingFound(wanted, selection));
    if (namespaceGiven && !isEverywhere(wanted, selection)) io.stderr.write(await namespaceNote(reader, selection));
  }
  return errors;
}

function nothingFound(wanted: readonly Wanted[], selection: Selection): string {
  return isEverywhere(wanted, selection)
    ? 'No resources found\n'
    : `No resources found in ${selection.namespace} namespace.\n`;
}

function isEverywhere(wanted: readonly Wanted[], { allNamespaces }: Selection): boolean {
  return allNamespaces || wanted.some(({ type }) => !type.namespaced);
}

/** Nothing is found in a namespace that there is not, either. */
async function namespaceNote(reader: ApiReader, { namespace }: Selection): Promise<string> {
  const { missingNamespace } = await import('../name-hint.ts');
  const note = await missingNamespace(namespace, reader);
  return note === undefined ? '' : `${escapeControls(note)}\n`;
}

/** True for an error that says that something is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}
