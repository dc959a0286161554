import { POSTURE_CHECKS } from './checks.ts';
import type { LookedAt } from './group-states.ts';

/** One check of one node group. */
export interface Row {
  readonly group: string;
  readonly check: string;
  readonly title: string;
  readonly verdict: string;
  readonly since: string;
  readonly waivedUntil: string;
  readonly waiver: string;
  readonly evidence: readonly string[];
  readonly todo: string;
  /** What EKS Auto Mode would provide. */
  readonly autoMode: string;
  readonly checked: string;
}

const day = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

/** The results of each node group's last check, by node group and check. */
export function rowsOf(states: ReadonlyMap<string, LookedAt>, all: boolean): Row[] {
  return [...states]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([group, { checkedAt, verdicts, findings, notes = {} }]) =>
      POSTURE_CHECKS.flatMap(({ id, title, todo, isOfBenchmark, autoMode = '' }): Row[] => {
        const verdict = verdicts[id];
        if (verdict === undefined || (!all && (verdict === 'PASS' || verdict === 'N/A'))) return [];
        const found = findings[id];
        const note = verdict === 'MANUAL' ? notes[id] : undefined;
        // What the benchmark leaves undecided is to be looked up, not changed.
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
