import { type Cluster, type EKSClient, paginateListFargateProfiles } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type Reading, read } from '../shared/fleet/reading.ts';
import type { Telling } from '../shared/ledger/tell-once.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { Reason } from './reasons.ts';

/** The names of a cluster's Fargate profiles. */
export type FargateProfiles = Reading<readonly string[]>;

/** Reads the Fargate profiles of clusters, by cluster. */
export async function readFargateProfiles(
  eks: EKSClient,
  clusters: readonly string[],
): Promise<Map<string, FargateProfiles>> {
  const ofCluster = async (clusterName: string): Promise<[string, FargateProfiles]> => [
    clusterName,
    await read(async () => {
      const names: string[] = [];
      for await (const page of paginateListFargateProfiles({ client: eks }, { clusterName })) {
        names.push(...(page.fargateProfileNames ?? []));
      }
      return names;
    }, 'tell'),
  ];
  return new Map(await pMap(clusters, ofCluster, { concurrency: READ_CONCURRENCY }));
}

/**
 * Decides what to tell of hosts that no function here touches, because AWS or their owner looks after them; a pure
 * function. It is told once, and again when it changes.
 *
 * @returns undefined where the Fargate profiles cannot be read for now: the next run reads them again
 * @see https://docs.aws.amazon.com/eks/latest/userguide/automode.html nodes of Auto Mode live for 21 days at most
 * @see https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-patching.html
 * @see https://docs.aws.amazon.com/eks/latest/userguide/hybrid-nodes-upgrade.html
 */
export function decideOtherHosts(
  { computeConfig, remoteNetworkConfig }: Pick<Cluster, 'computeConfig' | 'remoteNetworkConfig'>,
  profiles: FargateProfiles,
): Telling<Reason> | undefined {
  if (profiles.kind === 'unreadable' && profiles.isThrottled) return undefined;
  const kinds = [
    ...(computeConfig?.enabled === true ? [autoMode(computeConfig.nodePools ?? [])] : []),
    ...fargate(profiles),
    ...((remoteNetworkConfig?.remoteNodeNetworks ?? []).length > 0 ? [HYBRID] : []),
  ];
  if (kinds.length === 0) {
    const message = 'The cluster has no hosts of EKS Auto Mode, no Fargate profiles and no hybrid nodes.';
    return { decision: 'done', reason: 'no-other-hosts', message, variant: '' };
  }
  return { decision: 'skipped', reason: 'other-hosts', message: kinds.join(' '), variant: kinds.join(' ') };
}

const autoMode = (pools: readonly string[]): string =>
  `EKS Auto Mode runs nodes${pools.length === 0 ? '' : ` (${listed([...pools].sort())})`}: EKS chooses their AMIs, and replaces each within 21 days.`;

function fargate(profiles: FargateProfiles): string[] {
  if (profiles.kind === 'gone') return [];
  if (profiles.kind === 'unreadable') return [`Whether it runs pods on Fargate cannot be read: ${profiles.error}.`];
  const names = [...profiles.found].sort();
  if (names.length === 0) return [];
  return [
    `Fargate runs pods (${counted(names.length, 'profile')}: ${listed(names)}): AWS evicts them when it patches, as their disruption budgets allow, and deletes what cannot be evicted. A pod keeps its version of Kubernetes until it is replaced: restart it after an upgrade, and give it more than one replica.`,
  ];
}

const HYBRID =
  'It takes hybrid nodes: they are no EC2 instances, and whoever runs them upgrades and patches them (nodeadm).';
