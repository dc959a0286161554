import { visible } from '../functions/shared/text/visible.ts';
import { NARROWEST, wrap } from './wrap.ts';

/** How far the last column is indented where it stands below the others. */
const BELOW = 6;

/**
 * Formats a text table: a row of headings, then rows, with columns as wide as needed. The last column wraps where the
 * terminal is too narrow; where hardly any room is left for it, it stands below the others.
 *
 * @param width of the terminal, characters; undefined when there is none
 */
export function table(texts: ReadonlyArray<readonly string[]>, width?: number): string {
  const rows = texts.map((cells) => cells.map(visible));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const last = widths.length - 1;
  const beside = widths.slice(0, last).reduce((sum, each) => sum + each + 2, 2);
  const isBelow = width !== undefined && width - beside < NARROWEST;
  const indent = isBelow ? BELOW : beside;
  return rows
    .flatMap((row) => {
      if (isBelow) {
        const cells = row.slice(0, last).map((cell, column) => cell.padEnd(widths[column] ?? 0));
        const text = wrap(row[last] ?? '', width - indent);
        return [`  ${cells.join('  ')}`.trimEnd(), ...text.map((line) => ' '.repeat(indent) + line)];
      }
      const [first = '', ...more] = wrap(row[last] ?? '', width === undefined ? undefined : width - indent);
      const cells = [...row.slice(0, last).map((cell, column) => cell.padEnd(widths[column] ?? 0)), first];
      return [`  ${cells.join('  ')}`.trimEnd(), ...more.map((line) => ' '.repeat(indent) + line)];
    })
    .join('\n');
}
