import { jsonLine } from '../functions/shared/text/visible.ts';
import type { Surroundings } from './command.ts';
import { table } from './table.ts';

/** A line of a list: its table cells, and JSON with stable names for scripts. */
export interface Line {
  readonly cells: readonly string[];
  /** Cells that are shown only with -o wide. */
  readonly more: readonly string[];
  readonly json: object;
}

/** Prints a list, as JSON, or as a table with `none` where it is empty. */
export function show(
  { json, wide, width, print }: Surroundings,
  [headings, more]: readonly [readonly string[], readonly string[]],
  lines: readonly Line[],
  none = '',
): 0 {
  if (json) for (const line of lines) print(jsonLine(line.json));
  else if (lines.length === 0) print(none);
  else {
    const rows = lines.map(({ cells, more: rest }) => (wide ? [...cells, ...rest] : cells));
    print(table([wide ? [...headings, ...more] : headings, ...rows], width));
  }
  return 0;
}
