/** `-o custom-columns=NAME:.metadata.name,…` and `custom-columns-file`. */
import { escapeControls } from './escape.ts';
import { goText } from './go-text.ts';
import { findResults } from './jsonpath/find.ts';
import { relaxedJsonPath } from './jsonpath/relaxed.ts';
import { JsonPathError, type Segment } from './jsonpath/template.ts';
import { TableLayout } from './table-layout.ts';

export interface CustomColumn {
  header: string;
  path: readonly Segment[];
}

/** Throws JsonPathError. */
export function parseCustomColumns(spec: string): CustomColumn[] {
  if (spec === '') throw new JsonPathError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) {
      throw new JsonPathError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return { header: part.slice(0, colon), path: relaxedJsonPath(part.slice(colon + 1)).segments };
  });
}

/** The text of a file: a line of headers, and one of paths. Throws JsonPathError. */
export function parseCustomColumnsFile(text: string): CustomColumn[] {
  const [headers = [], paths = []] = text.split('\n').map((line) => line.split(/\s+/).filter((word) => word !== ''));
  if (headers.length !== paths.length || headers.length === 0) {
    throw new JsonPathError(
      `number of headers (${headers.length}) and field specifications (${paths.length}) don't match`,
    );
  }
  return headers.map((header, index) => ({ header, path: relaxedJsonPath(paths[index] ?? '').segments }));
}

/** Prints objects below one another; the headers once. */
export class CustomColumnsPrinter {
  readonly #columns: readonly CustomColumn[];
  readonly #layout = new TableLayout();
  #headed: boolean;

  constructor(columns: readonly CustomColumn[], { noHeaders }: { noHeaders: boolean }) {
    this.#columns = columns;
    this.#headed = noHeaders;
  }

  lines(objects: readonly unknown[]): string {
    const rows = objects.map((object) => this.#columns.map(({ path }) => cellOf(path, object)));
    const headers = this.#headed ? [] : [this.#columns.map(({ header }) => header)];
    this.#headed = true;
    return this.#layout.lines([...headers, ...rows]);
  }
}

function cellOf(path: readonly Segment[], object: unknown): string {
  const results = findResults(path, object).flat();
  return results.length === 0 ? '<none>' : results.map((value) => escapeControls(goText(value))).join(',');
}
