import { visible } from './visible.ts';
import { wrap } from './wrap.ts';

/**
 * Formats a text table: a row of headings, then rows, with columns as wide as needed. The last column wraps where the
 * terminal is too narrow.
 *
 * @param width of the terminal, characters; undefined when there is none
 */
export function table(texts: ReadonlyArray<readonly string[]>, width?: number): string {
  const rows = texts.map((cells) => cells.map(visible));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const last = widths.length - 1;
  const indent = widths.slice(0, last).reduce((sum, each) => sum + each + 2, 2);
  return rows
    .flatMap((row) => {
      const [first = '', ...more] = wrap(row[last] ?? '', width === undefined ? undefined : width - indent);
      const cells = [...row.slice(0, last).map((cell, column) => cell.padEnd(widths[column] ?? 0)), first];
      return [`  ${cells.join('  ')}`.trimEnd(), ...more.map((line) => ' '.repeat(indent) + line)];
    })
    .join('\n');
}
