/** Columns as kubectl lays them out: three spaces between, none narrower than six, the last one as long as its text. */
import { escapeControls } from './escape.ts';
import { goText } from './go-text.ts';

const gap = 3;
const leastWidth = 6;

/** What of a cell is shown: its first line, nothing that a terminal would obey. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = goText(value);
  const end = text.search(/[\f\n\r]/);
  return end < 0 ? escapeControls(text) : `${escapeControls(text.slice(0, end))}...`;
}

/** Widths are kept from one call to the next, so that the rows of a watch stay below their headings. */
export class TableLayout {
  readonly #widths: number[] = [];

  /** Rows with these cells in the first column come later: they stay in line too. */
  expect(first: readonly string[]): void {
    for (const cell of first) this.#widen(cell, 0);
  }

  /** The rows as lines; all must have the same number of cells. */
  lines(rows: readonly (readonly string[])[]): string {
    for (const row of rows) {
      row.forEach((cell, column) => {
        this.#widen(cell, column);
      });
    }
    return rows.map((row) => `${row.map((cell, column) => this.#pad(cell, column, row.length)).join('')}\n`).join('');
  }

  #widen(cell: string, column: number): void {
    const width = Math.max(leastWidth, [...cell].length + gap);
    this.#widths[column] = Math.max(this.#widths[column] ?? 0, width);
  }

  #pad(cell: string, column: number, count: number): string {
    if (column === count - 1) return cell;
    return cell + ' '.repeat((this.#widths[column] ?? 0) - [...cell].length);
  }
}
