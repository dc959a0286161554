import { inShell } from '../../shared/text/in-shell.ts';
import { isAccepted } from '../model/accepted.ts';
import type { WorkerView } from '../model/observation.ts';
import { BEING_REPLACED, DO_NOT_DISRUPT, NOT_JOINED } from '../steps/node.ts';
import type { StepReport, StepSubject } from '../steps/step.ts';

/**
 * When Karpenter terminates an isolated worker, in words. Its security groups are not those of its node class any more,
 * which is drift (karpenter-provider-aws, `SecurityGroupDrift`). Without a node it ends after a quarter of an hour
 * (kubernetes-sigs/karpenter, nodeclaim/lifecycle, `registrationTimeout`). Expiry looks at no mark (nodeclaim/expiration).
 */
export function karpenterEnds({ privateDnsName }: WorkerView, reports: readonly StepReport[]): string {
  const node = reports.find(({ step }) => step === 'node');
  const isProtected = reports.some(({ step, outcome }) => step === 'termination-protection' && outcome === 'done');
  const guarded = isProtected
    ? 'EC2 refuses that while it is protected from termination; its pods leave all the same.'
    : 'To have EC2 refuse that: quarantine.terminationProtection.';
  if (node?.note === BEING_REPLACED) return `Karpenter is replacing it, and ends it whatever its mark says. ${guarded}`;
  const may = 'Karpenter may still terminate it: ';
  if (node?.outcome === 'done') {
    const held = 'its mark do-not-disrupt holds off consolidation and drift, but neither expireAfter of its node pool';
    return `${may}${held} nor every repair. ${guarded}`;
  }
  if (node?.note === NOT_JOINED)
    return `${may}it ends an instance whose node does not join within a quarter of an hour.`;
  const how = `To keep it: kubectl annotate node ${inShell(privateDnsName)} ${DO_NOT_DISRUPT}=true.`;
  return `${may}its node has no mark do-not-disrupt, and its changed security groups are drift. ${how}`;
}

/**
 * How long Karpenter takes a worker for drifted, at most, whose security groups were given back, ms. Source:
 * kubernetes-sigs/karpenter, nodeclaim/disruption: it looks each five minutes. The rest is for its cache of EC2's
 * answers (karpenter-provider-aws, pkg/cache, one minute), and for looks that fail.
 */
const SEEN_WITHIN = 10 * 60_000;

/**
 * Until when the node of a released worker keeps its mark, epoch ms, so that Karpenter does not replace it for the security
 * groups of its quarantine; undefined: it may lose it now. A worker that has an exposure which nobody accepted is judged
 * anew at once.
 */
export function keepsMarkUntil({ view, quarantine: { givenBack }, now }: StepSubject): number | undefined {
  if (view.ownership !== 'karpenter') return undefined;
  if (givenBack === undefined) return now + SEEN_WITHIN;
  const isExposedAnew = view.exposures.some((each) => !isAccepted(each, givenBack.accepted));
  const until = givenBack.at + SEEN_WITHIN;
  return isExposedAnew || until <= now ? undefined : until;
}

/** What may come of a released worker whose node bore no mark while its security groups were others; or ''. */
export const unmarkedInWords = ({ view, quarantine: { kind, saved, found } }: StepSubject): string =>
  view.ownership === 'karpenter' && kind === 'isolate' && saved.node === undefined && found === undefined
    ? ' Karpenter may end it all the same: its node bore no mark do-not-disrupt in its quarantine.'
    : '';
