import type { CheckId } from '../../shared/posture/benchmark.ts';
import type { Judgement } from '../../shared/posture/verdict.ts';
import { judge } from '../judge/judge.ts';
import type { Node } from '../judge/node.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import type { TheirResult } from './report.ts';

/** One check as kube-bench and this project judge it. */
export interface Comparison {
  readonly check: CheckId | undefined;
  readonly kubeBench: TheirResult;
  /** Undefined without the node, or where this project has no such check. */
  readonly ours?: Judgement;
  readonly right: 'both' | 'remediator' | 'kube-bench' | 'not known';
  readonly why: string;
}

/** Maps WARN and INFO to the verdict of an undecided check: kube-bench does not decide them either. */
const asVerdict = (status: TheirResult['status']) => (status === 'PASS' || status === 'FAIL' ? status : 'MANUAL');

/**
 * Compares kube-bench's results with the verdicts of this project: which of the two is right where they differ, and
 * why. Without the node it can only name the checks in which kube-bench is known to be wrong at times. Pure.
 */
export function compare(theirs: readonly TheirResult[], node: Node | undefined): Comparison[] {
  const judgements = node === undefined ? undefined : judge(node);
  return theirs.map((kubeBench): Comparison => {
    const { check, status } = kubeBench;
    if (check === undefined)
      return { check, kubeBench, right: 'not known', why: 'the node section of the EKS benchmark has no such check' };
    const ours = judgements?.[check];
    const known = KNOWN_DIFFERENCES.filter(
      ({ of, theirs: says }) => of.includes(check) && (says === status || says === 'either'),
    );
    if (node === undefined || ours === undefined)
      return { check, kubeBench, right: 'not known', ...withoutNode(status, known) };
    const row = { check, kubeBench, ours };
    if (ours.verdict === asVerdict(status)) return { ...row, right: 'both', why: 'they agree' };
    const cause = known.find(({ holds }) => holds(node, check, kubeBench.benchmark))?.why;
    const evidence = ours.evidence[0]?.value ?? '';
    if (ours.verdict === 'MANUAL') {
      const isFalseAlarm = status === 'FAIL' && cause !== undefined;
      const why = `${cause === undefined ? '' : `${cause}; `}the node does not decide it: ${evidence}`;
      return { ...row, right: isFalseAlarm ? 'remediator' : 'not known', why };
    }
    if (asVerdict(status) === 'MANUAL')
      return { ...row, right: 'remediator', why: `kube-bench leaves it open; the node shows it: ${evidence}` };
    return {
      ...row,
      right: 'remediator',
      why: `${cause ?? 'kube-bench does not see what the kubelet has'}; here: ${evidence}`,
    };
  });
}

function withoutNode(status: TheirResult['status'], known: ReadonlyArray<{ readonly why: string }>): { why: string } {
  const ifs = known.map(({ why }) => why).join('; or ');
  if (status === 'PASS') return { why: 'give the node (--node NODE.json) to see whether the kubelet bears it out' };
  return { why: ifs === '' ? 'no false alarm is known of it' : `a false alarm if ${ifs}` };
}
