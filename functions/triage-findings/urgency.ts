import { SEVERITIES, type Severity } from '../../events/inspector-package-finding.ts';
import { type Need, nameOf, REMEMBERED, type Urgency } from '../shared/ledger/finding-ledger.ts';
import { counted } from '../shared/text/counted.ts';
import type { OpenFinding } from './observation.ts';
import type { Policy } from './policy.ts';

/** The ratings that make a finding more or less grave. */
export interface Rating {
  /** The severity as Inspector returns it, which includes UNTRIAGED and values that AWS may add. */
  readonly severity: string;
  readonly exploitAvailable: boolean;
  /** A probability from 0 to 1; 0 where it is unknown. */
  readonly epss: number;
}

const rankOf = (severity: string): number => {
  const rank = SEVERITIES.indexOf(severity as Severity);
  return rank < 0 ? SEVERITIES.length : rank;
};

/** Whether a severity is at least as grave as `floor`. An unknown severity ranks like none. */
export const isAtLeast = (severity: string, floor: Severity): boolean => rankOf(severity) <= rankOf(floor);

export const urgencyOf = ({ severity, exploitAvailable, epss }: Rating, { urgent }: Policy['findings']): Urgency =>
  isAtLeast(severity, urgent.severity) && (exploitAvailable || epss >= urgent.epss) ? 'urgent' : 'normal';

export const moreUrgent = (a: Urgency | undefined, b: Urgency): Urgency => (a === 'urgent' ? a : b);

/**
 * The need to remember of the open findings; undefined when there are none.
 *
 * @param runs what the workers run. Of a group whose workers may have several AMIs, only those with findings count.
 * @param now epoch milliseconds
 */
export function needOf(open: readonly OpenFinding[], runs: string, now: number): Need | undefined {
  const gravestFirst = open.toSorted(
    (a, b) => Number(isUrgent(b)) - Number(isUrgent(a)) || rankOf(a.severity) - rankOf(b.severity),
  );
  const [gravest] = gravestFirst;
  if (gravest === undefined) return undefined;
  const vulnerabilities = [...new Set(gravestFirst.map(({ vulnerabilityId }) => vulnerabilityId))];
  return {
    urgency: gravest.urgency,
    severity: gravest.severity,
    vulnerabilities: vulnerabilities.slice(0, REMEMBERED),
    releaseVersion: amisWith(open) || runs,
    verifiedAt: now,
  };
}

/** The AMIs that have findings, in order, with a blank between; empty for a managed node group. */
const amisWith = (open: readonly OpenFinding[]): string =>
  [...new Set(open.flatMap(({ imageId }) => imageId ?? []))].toSorted().join(' ');

/** Whether people are told of findings that nothing here ends. */
export const isGrave = ({ severity, urgency }: Need): boolean => severity === 'CRITICAL' || urgency === 'urgent';

/** Describes the findings, such as `3 workers have open findings: CVE-2026-31415 (CRITICAL) and 2 more`. */
export function describe(need: Need, open: readonly OpenFinding[]): string {
  const workers = new Set(open.map(({ instanceId }) => instanceId)).size;
  return `${counted(workers, 'worker has', 'workers have')} open findings: ${nameOf(need)}`;
}

/** The findings as details of a record. */
export const detailsOf = ({ urgency, severity, vulnerabilities }: Need, open: readonly OpenFinding[]) => ({
  urgency,
  severity,
  vulnerabilities,
  workers: [...new Set(open.map(({ instanceId }) => instanceId))].slice(0, 10),
});

const isUrgent = ({ urgency }: OpenFinding): boolean => urgency === 'urgent';
