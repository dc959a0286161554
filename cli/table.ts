import { visible } from './visible.ts';

/** A text table: a row of headings, then rows, columns as wide as needed. */
export function table(texts: ReadonlyArray<readonly string[]>): string {
  const rows = texts.map((cells) => cells.map(visible));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
