/** Tables of the server (meta.k8s.io/v1 Table), and the two columns that stand for kinds without one. */
import { ageOf } from '../../apiserver/table/human-duration.ts';
import { isRecord } from '../../lib/is-record.ts';
import { cellText } from '../print/table-layout.ts';
import { answeredItems, answeredObject } from './answered-objects.ts';
import { records } from './resource-types.ts';

export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

interface Column {
  name: string;
  priority: number;
  isName: boolean;
}

export interface Row {
  cells: readonly unknown[];
  namespace: string;
  labels: Readonly<Record<string, unknown>>;
  /** As far as the server was asked for it. */
  object: unknown;
}

export interface Table {
  columns: readonly Column[];
  rows: readonly Row[];
  resourceVersion: string;
  continue: string;
}

/**
 * Also takes an object or a list, which is what a server without tables answers. `path` is what was asked. Throws CommandError
 * for something else.
 */
export function readTable(answer: unknown, path: string): Table {
  const body = answeredObject(answer, path);
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  const position = {
    resourceVersion: String(metadata.resourceVersion ?? ''),
    continue: String(metadata.continue ?? ''),
  };
  if (body.kind !== 'Table') {
    return {
      ...position,
      columns: [
        { name: 'Name', priority: 0, isName: true },
        { name: 'Age', priority: 0, isName: false },
      ],
      rows: answeredItems(body, path).map((item) => plainRow(isRecord(item.metadata) ? item.metadata : {})),
    };
  }
  return {
    ...position,
    columns: records(body.columnDefinitions).map(({ name, priority, type, format }) => ({
      name: String(name),
      priority: Number(priority ?? 0),
      isName: format === 'name' && type === 'string',
    })),
    rows: records(body.rows).map(({ cells, object }) => {
      const meta = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
      return { cells: Array.isArray(cells) ? cells : [], object, ...ownerOf(meta) };
    }),
  };
}

function plainRow(metadata: Record<string, unknown>): Row {
  return {
    cells: [metadata.name, ageOf(String(metadata.creationTimestamp ?? ''), new Date())],
    object: { metadata },
    ...ownerOf(metadata),
  };
}

function ownerOf(metadata: Record<string, unknown>): Pick<Row, 'namespace' | 'labels'> {
  return {
    namespace: typeof metadata.namespace === 'string' ? metadata.namespace : '',
    labels: isRecord(metadata.labels) ? metadata.labels : {},
  };
}

export interface TableStyle {
  wide: boolean;
  withNamespace: boolean;
  showLabels: boolean;
  /** Labels that get a column of their own. */
  labelColumns: readonly string[];
  /** A first column, of a watch. */
  event?: string;
  /** `pod` or `deployment.apps`, put before names; absent where all rows are of one type. */
  kindPrefix?: string;
}

/** Blanks and all: kubectl gives every event the same. */
const eventWidth = 8;

/** The headings that go with `rowCells`. */
export function headings(columns: readonly Column[], style: TableStyle): string[] {
  return [
    ...(style.event === undefined ? [] : ['EVENT'.padEnd(eventWidth)]),
    ...(style.withNamespace ? ['NAMESPACE'] : []),
    ...columns.filter(({ priority }) => style.wide || priority === 0).map(({ name }) => name.toUpperCase()),
    ...style.labelColumns.map((label) => (label.split('/').at(-1) ?? '').toUpperCase()),
    ...(style.showLabels ? ['LABELS'] : []),
  ];
}

export function rowCells(row: Row, columns: readonly Column[], style: TableStyle): string[] {
  const cells = columns.flatMap(({ priority, isName }, index) => {
    if (!style.wide && priority !== 0) return [];
    const text = cellText(row.cells[index]);
    return [isName && style.kindPrefix !== undefined ? `${style.kindPrefix}/${text}` : text];
  });
  const labels = Object.entries(row.labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return [
    ...(style.event === undefined ? [] : [style.event.padEnd(eventWidth)]),
    ...(style.withNamespace ? [cellText(row.namespace)] : []),
    ...cells,
    ...style.labelColumns.map((label) => cellText(Object.hasOwn(row.labels, label) ? row.labels[label] : '')),
    ...(style.showLabels ? [labels.length === 0 ? '<none>' : cellText(labels.join(','))] : []),
  ];
}
