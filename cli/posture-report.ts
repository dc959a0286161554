import { POSTURE_CHECKS } from '../functions/check-posture/checks.ts';
import type { GroupState } from '../functions/check-posture/posture-ledger.ts';
import type { Local } from './command.ts';
import { table } from './table.ts';
import { jsonLine, visible } from './visible.ts';

/** One check of one group. */
interface Row {
  readonly group: string;
  readonly check: string;
  readonly title: string;
  readonly verdict: string;
  readonly since: string;
  readonly waivedUntil: string;
  readonly waiver: string;
  readonly evidence: readonly string[];
  readonly todo: string;
  /** What EKS Auto Mode would give. */
  readonly autoMode: string;
  readonly checked: string;
}

export interface HowToReport {
  /** Also what passes. */
  readonly all: boolean;
  readonly csv: boolean;
}

const day = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

/** What the last check of each group found, by group and check. */
export function rowsOf(states: ReadonlyMap<string, GroupState>, all: boolean): Row[] {
  return [...states]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([group, { checkedAt, verdicts, findings, notes = {} }]) =>
      POSTURE_CHECKS.flatMap(({ id, title, todo, isOfBenchmark, autoMode = '' }): Row[] => {
        const verdict = verdicts[id];
        if (verdict === undefined || (!all && (verdict === 'PASS' || verdict === 'N/A'))) return [];
        const found = findings[id];
        const note = verdict === 'MANUAL' ? notes[id] : undefined;
        // What the benchmark leaves open is to be looked up, not changed.
        const isToDo = verdict === 'FAIL' || (verdict === 'MANUAL' && !isOfBenchmark);
        return [
          {
            group,
            check: id,
            title,
            verdict,
            since: day(found?.since),
            waivedUntil: day(found?.waiver?.until),
            waiver: found?.waiver?.id ?? '',
            evidence: found?.evidence ?? (note === undefined ? [] : [note]),
            todo: isToDo ? todo : '',
            autoMode,
            checked: day(checkedAt),
          },
        ];
      }),
    );
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

/** A cell of a CSV file (RFC 4180). One that a spreadsheet would take for a formula begins with a quote mark. */
const cell = (content: string): string => {
  const text = visible(/^[=+@\t-]/.test(content) ? `'${content}` : content);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
