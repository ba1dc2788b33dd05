/** Elastic columns, as Go's `text/tabwriter` lays them out with two spaces of padding; kubectl's descriptions are written with it. */

const gap = 2;

/**
 * Tabs end cells. A column is what consecutive lines have at one place; it is as wide as the widest cell that ends with a tab.
 * What follows the last tab of a line belongs to no column.
 */
export function alignColumns(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t').map((cell) => ({ cell, length: [...cell].length })));
  const widths = lines.map((): number[] => []);
  const most = lines.reduce((count, cells) => Math.max(count, cells.length), 0);
  for (let column = 0; column < most - 1; column++) {
    let start = 0;
    while (start < lines.length) {
      let end = start;
      let width = 0;
      for (; end < lines.length; end++) {
        const cells = lines[end] ?? [];
        if (column >= cells.length - 1) break;
        width = Math.max(width, (cells[column]?.length ?? 0) + gap);
      }
      for (let line = start; line < end; line++) widths[line]?.push(width);
      start = end + 1;
    }
  }
  return lines
    .map((cells, line) =>
      cells.map(({ cell, length }, column) => cell + ' '.repeat((widths[line]?.[column] ?? length) - length)).join(''),
    )
    .join('\n');
}
