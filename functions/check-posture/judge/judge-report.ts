import { CHECKS, type Check, type CheckId } from '../../shared/posture/benchmark.ts';
import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { Report } from './node.ts';

/**
 * Judges by Bottlerocket's own report: `apiclient report cis-k8s -f json -l 2`. The report is about the CIS
 * *Kubernetes* benchmark (1.7.1, 1.8.0 or 1.11.1); its results are matched by id and title. It reads only the base
 * file, no flags or drop-ins (bottlerocket-core-kit, sources/bloodhound/src/bin/kubernetes-cis-checks/checks.rs).
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
  // Newer versions fail 4.2.10 where the key is absent, which the EKS benchmark accepts. 4.2.8 is a manual check.
  if (id === '3.2.8' || id === '3.2.7') return judged('MANUAL', says, 'FAIL there is no FAIL of the EKS benchmark');
  return judged('FAIL', says);
}

/** A title is one sentence. Only this many characters of it are matched. */
const MAX_TITLE = 300;

/**
 * Whether the title shows that the result is about another check: ids have moved between versions of the benchmark
 * (4.2.8 was 4.2.9).
 */
const isAboutAnother = (id: CheckId, title: string): boolean => {
  const subjects = CHECKS.filter(({ about }) => about?.test(title.slice(0, MAX_TITLE)));
  return subjects.length > 0 && subjects.every((check) => check.id !== id);
};

/** Bottlerocket asks for mode 600, the EKS benchmark for 644. The error text contains the mode, such as "0x644". */
function judgeMode(error: string, says: string): Judgement {
  const [, digits] = /0[xo]?([0-7]{3,4})\b/.exec(error) ?? [];
  if (digits === undefined) return judged('MANUAL', says, 'it asks 600, the EKS benchmark 644, and it names no mode');
  const excess = Number.parseInt(digits, 8) & ~0o644;
  return judged(excess === 0 ? 'PASS' : 'FAIL', says, `it asks 600, the EKS benchmark 644; the mode is ${digits}`);
}
