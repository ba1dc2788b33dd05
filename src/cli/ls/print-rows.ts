/** Services as a table whose rows come context by context, or as one JSON document (with `--watch`: one a line). */
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';
import { type ServiceRow, wayText } from './service-row.ts';

export interface RowPrinter {
  rows(rows: readonly ServiceRow[]): void;
  /** It is gone; told by `--watch`. */
  gone(row: Pick<ServiceRow, 'context' | 'namespace' | 'name'>): void;
  /** A context that cannot be shown; `told`: on stderr already. */
  trouble(context: string | undefined, why: string, options?: { told: boolean }): void;
  narrowed(context: string | undefined, why: string): void;
  /** The exit code; that of a watch, which outlives troubles, is 0. */
  end(): Promise<number>;
}

export function openRowPrinter(
  io: Pick<CommandIo, 'stdout' | 'stderr'>,
  {
    format,
    contexts,
    watch,
  }: {
    format: string | undefined;
    /** All that are shown, of which each comes as it answers; undefined: there is only one. */
    contexts: readonly (string | undefined)[] | undefined;
    watch: boolean;
  },
): RowPrinter {
  const several = contexts !== undefined;
  const layout = new TableLayout();
  if (several) layout.expect(contexts.map(cellText));
  const collected: ServiceRow[] = [];
  const troubles: { context: string | null; why: string }[] = [];
  let begun = false;
  const wide = format === 'wide';
  const json = format === 'json';
  const about = (context: string | undefined): string =>
    several && context !== undefined ? `context "${context}": ` : '';
  const say = (line: string): void => void io.stderr.write(`${escapeControls(line)}\n`);
  const print = (rows: readonly string[][]): void => {
    if (rows.length === 0) return;
    const heading = [
      ...(several ? ['CONTEXT'] : []),
      'NAMESPACE',
      'NAME',
      ...(wide ? ['TYPE'] : []),
      'READY',
      'PORTS',
      wide ? 'WAYS' : 'WAY',
      'HEALTH',
    ];
    io.stdout.write(layout.lines(begun ? rows : [heading, ...rows]));
    begun = true;
  };
  const cells = (row: ServiceRow): string[] =>
    [
      ...(several ? [row.context ?? ''] : []),
      row.namespace,
      row.name,
      ...(wide ? [row.type] : []),
      row.health === 'none' && row.total === 0 ? '-' : `${row.ready}/${row.total}`,
      row.ports.join(',') || '-',
      wide ? row.ways.map(wayText).join(', ') : wayText(row.ways[0]),
      row.says === undefined
        ? row.health === 'none'
          ? '-'
          : row.health
        : `${row.health === 'none' ? '-' : row.health}: ${row.says}`,
    ].map(cellText);
  return {
    rows(rows) {
      if (!json) print(rows.map(cells));
      else if (watch) for (const row of rows) io.stdout.write(`${JSON.stringify(row)}\n`);
      else collected.push(...rows);
    },
    gone({ context, namespace, name }) {
      if (json) io.stdout.write(`${JSON.stringify({ context, namespace, name, gone: true })}\n`);
      else {
        const before = [...(several ? [context ?? ''] : []), namespace, name, ...(wide ? ['-'] : [])];
        print([[...before, '-', '-', '-', 'gone'].map(cellText)]);
      }
    },
    trouble(context, why, { told } = { told: false }) {
      troubles.push({ context: context ?? null, why });
      if (!told) say(`error: ${about(context)}${why}`);
    },
    narrowed(context, why) {
      say(`warning: ${about(context)}${why}`);
    },
    async end() {
      if (json && !watch) {
        const services = collected.sort((a, b) => (key(a) < key(b) ? -1 : 1));
        io.stdout.write(await formatStructured({ services, troubles }, 'json', io.stdout, { keepOrder: true }));
      } else if (!begun && troubles.length === 0) say('No services are there, as far as you may see.');
      return troubles.length === 0 || watch ? 0 : 1;
    },
  };
}

function key({ context, namespace, name }: ServiceRow): string {
  return `${context ?? ''}\u0000${namespace}\u0000${name}`;
}
