/** The text of a description while it is written: lines of cells, indented by levels, aligned at the end. */
import { escapeControls } from '../print/escape.ts';
import { alignColumns } from './align-columns.ts';

export class Description {
  #text = '';

  /** Text as it is, two spaces before it for each level; the line goes on. */
  add(level: number, text: string): void {
    this.#text += '  '.repeat(level) + text;
  }

  /** A line of cells; the last one belongs to no column. */
  line(level: number, ...cells: readonly string[]): void {
    this.add(level, `${cells.join('\t')}\n`);
  }

  /** `Label:  value`; nothing where there is no value. */
  field(level: number, label: string, value: unknown): void {
    this.line(level, `${label}:`, String(value ?? ''));
  }

  /** The same, left out where there is no value. */
  optional(level: number, label: string, value: unknown): void {
    if (value !== undefined && value !== null && value !== '') this.field(level, label, value);
  }

  /** One value below the other, the first beside the label; `<none>` for none. */
  list(label: string, values: readonly string[], { indent = '' }: { indent?: string } = {}): void {
    this.line(0, `${indent}${label}:`, values[0] ?? '<none>');
    for (const value of values.slice(1)) this.line(0, indent, value);
  }

  /** Headings with a rule below each, then rows. */
  table(level: number, headings: readonly string[], rows: readonly (readonly string[])[]): void {
    this.line(level, ...headings);
    this.line(level, ...headings.map((heading) => '-'.repeat(heading.length)));
    for (const row of rows) this.line(level, ...row);
  }

  /** Aligned, with nothing in it that a terminal would obey. */
  toString(): string {
    return alignColumns(escapeDescribed(this.#text));
  }
}

/** kubectl writes these two in its own way; the others it lets through. */
function escapeDescribed(text: string): string {
  return escapeControls(text.replaceAll('\u001b', '^[').replaceAll('\r', '\\r'));
}
