import { CHECKS, type Check, type CheckId } from '../../shared/posture/benchmark.ts';
import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { Report } from './node.ts';

/**
 * Judges by what Bottlerocket says of itself: `apiclient report cis-k8s -f json -l 2`. That is the CIS *Kubernetes*
 * benchmark (1.7.1, 1.8.0 or 1.11.1), matched by id and subject. It reads the base file alone, no flags or drop-ins
 * (bottlerocket-core-kit, sources/bloodhound/src/bin/kubernetes-cis-checks/checks.rs).
 */
export function judgeReport(report: Report): Partial<Record<CheckId, Judgement>> {
  const results = new Map(Object.values(report.results).map((result) => [result.id, result]));
  const name = `report cis-k8s ${report.version ?? ''}`.trim();
  return Object.fromEntries(
    CHECKS.flatMap((check) => {
      if (check.kubernetes === undefined) return [];
      const id = check.kubernetes;
      const result = results.get(id);
      if (result === undefined) return [[check.id, judged('MANUAL', `${name} has no ${id}: ask for level 2`)]];
      return [[check.id, judgeResult(check, { ...result, of: name })]];
    }),
  );
}

type Result = Report['results'][string] & { readonly of: string };

function judgeResult({ id }: Check, { id: theirs, title, status, error, of }: Result): Judgement {
  const says = `${of}, ${theirs}: ${status}${error ? `, ${error}` : ''}`;
  if (title !== undefined && isAboutAnother(id, title))
    return judged('MANUAL', says, `${theirs} is about something else there: ${title}`);
  if (status === 'PASS') return judged('PASS', says);
  if (status !== 'FAIL') return judged('MANUAL', says);
  if (id === '3.1.1' || id === '3.1.3') return judgeMode(error ?? '', says);
  // Newer sources fail 4.2.10 where the key is absent, which the EKS benchmark accepts; and 4.2.8 is manual.
  if (id === '3.2.8' || id === '3.2.7') return judged('MANUAL', says, 'FAIL there is no FAIL of the EKS benchmark');
  return judged('FAIL', says);
}

/** A title is a sentence: more of it is not looked at. */
const MAX_TITLE = 300;

/** Ids have moved between versions of the benchmark (4.2.8 was 4.2.9): the subject decides. */
const isAboutAnother = (id: CheckId, title: string): boolean => {
  const subjects = CHECKS.filter(({ about }) => about?.test(title.slice(0, MAX_TITLE)));
  return subjects.length > 0 && subjects.every((check) => check.id !== id);
};

/** It asks 600 where the EKS benchmark asks 644. The mode is in the text of the error, as "0x644". */
function judgeMode(error: string, says: string): Judgement {
  const [, digits] = /0[xo]?([0-7]{3,4})\b/.exec(error) ?? [];
  if (digits === undefined) return judged('MANUAL', says, 'it asks 600, the EKS benchmark 644, and it names no mode');
  const excess = Number.parseInt(digits, 8) & ~0o644;
  return judged(excess === 0 ? 'PASS' : 'FAIL', says, `it asks 600, the EKS benchmark 644; the mode is ${digits}`);
}
