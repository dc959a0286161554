import type { Row } from '../functions/shared/posture/report.ts';
import { jsonLine, visible } from '../functions/shared/text/visible.ts';
import type { Local } from './command.ts';
import { table } from './table.ts';

export interface HowToReport {
  /** Whether to include passed checks. */
  readonly all: boolean;
  readonly csv: boolean;
}

export function printRows(
  { json, wide, print }: Pick<Local, 'json' | 'wide' | 'print'>,
  rows: readonly Row[],
  { csv }: HowToReport,
) {
  if (json) for (const row of rows) print(jsonLine(row));
  else if (csv) {
    print(HEADINGS.map(cell).join(','));
    for (const row of rows) print(HEADINGS.map((name) => cell([row[name]].flat().join('; '))).join(','));
  } else if (rows.length > 0) {
    const lines = rows.map(({ group, check, verdict, since, waivedUntil, evidence, title, todo, autoMode }) => [
      group,
      check,
      waivedUntil === '' ? verdict : `${verdict} (waived until ${waivedUntil.slice(0, 10)})`,
      since.slice(0, 16),
      evidence[0] ?? title,
      ...(wide ? [todo, autoMode] : []),
    ]);
    print(
      table([
        ['group', 'check', 'verdict', 'since', 'evidence', ...(wide ? ['to do', 'Auto Mode gives'] : [])],
        ...lines,
      ]),
    );
  }
}

const HEADINGS = [
  'group',
  'check',
  'title',
  'verdict',
  'since',
  'waivedUntil',
  'waiver',
  'evidence',
  'todo',
  'autoMode',
  'checked',
] as const;

/** What a spreadsheet takes for a formula, at the beginning of a cell. Some take a semicolon for the end of one. */
const FORMULA = /(^|;\s*)(?=[=+@\t-])/g;

/** A cell of a CSV file (RFC 4180), with an apostrophe in front of formulas: hosts write what is found on them. */
const cell = (content: string): string => {
  const text = visible(content.replaceAll(FORMULA, "$1'"));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
