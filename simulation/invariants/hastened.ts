import type { Finding } from '../../sandbox/account/inspector/finding.ts';
import type { Day } from './invariant.ts';

/** How long an answer of Inspector hastens what moves, ms: until the next sweep, which may be a day away. */
const HASTENS_FOR_MS = 26 * 3_600_000;

/** The taker of releases that a finding is about: a node group, or the node class of a node of Karpenter. */
function takerOf({ instance: { tags } }: Finding): string | undefined {
  const nodeGroup = tags.get('eks:nodegroup-name');
  if (nodeGroup !== undefined) return `${tags.get('eks:cluster-name')}/${nodeGroup}`;
  return tags.has('karpenter.sh/nodepool') ? `${tags.get('eks:eks-cluster-name')}/ec2nodeclass:default` : undefined;
}

/** Whether a finding is urgent by the default policy. */
const isUrgent = ({ status, vulnerability }: Finding): boolean =>
  status === 'ACTIVE' &&
  vulnerability.severity === 'CRITICAL' &&
  vulnerability.exploitAvailable &&
  vulnerability.fixedInVersion !== undefined;

/** Remembers on whose nodes Inspector has had urgent findings. `look` is to be called now and then. */
export function watchUrgent({ scenario, run: { account } }: Day) {
  const until = new Map<string, number>();
  return {
    look(): void {
      if (scenario.vulnerabilities?.mode !== 'enforce') return;
      for (const finding of account.fleet.inspector.findings()) {
        const taker = isUrgent(finding) ? takerOf(finding) : undefined;
        if (taker !== undefined) until.set(taker, account.time.now + HASTENS_FOR_MS);
      }
    },
    /** Whether findings may have a taker move sooner. */
    isHastened: (taker: string): boolean => (until.get(taker) ?? 0) >= account.time.now,
  };
}
