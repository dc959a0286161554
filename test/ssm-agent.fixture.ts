import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Scenario, start } from './harness.ts';

export type Run = Awaited<ReturnType<typeof start>>;

export const RELEASES = {
  at: '-10d',
  kubernetesVersion: '1.33',
  amiTypes: ['AL2023_x86_64_STANDARD'],
  releaseVersion: '1.33.13-20260714',
};
export const ENTRY = { function: 'manage-ssm-agent', kubernetesGroups: ['eks-host-remediator'] };
export const KINDS = ['nodeGroup', 'selfManagedGroup', 'karpenterNodePool'] as const;
type Kind = (typeof KINDS)[number];
const OWN_AMI = 'ami-0c0ffee0c0ffee001';

/** One cluster in which one worker of a kind is launched a minute after the start. */
export function launch(kind: Kind, ssm: object, more: object = {}): Scenario & { readonly play: string } {
  const groups = {
    nodeGroup: { nodeGroups: [{ name: 'g', desiredSize: 0, maxSize: 5, ssm }] },
    selfManagedGroup: { selfManagedGroups: [{ name: 'g', size: 0, imageId: OWN_AMI, ssm }] },
    karpenterNodePool: { karpenterNodePools: [{ name: 'g', size: 0, imageId: OWN_AMI, ssm }] },
  };
  return {
    fleet: {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [{ name: 'shop', version: '1.33', accessEntries: [ENTRY], ...groups[kind], ...more }],
      launches: [{ at: '+1m', cluster: 'shop', [kind]: 'g', count: 1, withinSeconds: 0 }],
    },
    play: '50m',
  };
}

export const ours = ({ records }: Run): RemediationRecord[] =>
  records.filter(({ remediation }) => remediation === 'manage-ssm-agent');
/** The outcomes in order. A remedy in progress is only recorded if it takes longer than until the next reconcile. */
export const outcomes = (run: Run): string[] =>
  ours(run)
    .map(({ decision, reason }) => `${decision} ${reason}`)
    .filter((line) => line !== 'waiting remedy-in-progress');
export const changes = ({ calls }: Run): string[] =>
  calls
    .filter((call) => call.function === 'manage-ssm-agent')
    .filter(({ operation }) => /^(Attach|Update|SendCommand|PATCH|DELETE)/.test(operation))
    .map(({ service, operation }) => `${service} ${operation}`);
export const agentOf = async ({ account }: Run): Promise<string | undefined> => account.onlineAgents().at(0);

/** The existing DaemonSets in all clusters of the account. */
export const daemonSets = ({ account }: Run): string[] => account.kubernetes.daemonSets().map(({ name }) => name);
