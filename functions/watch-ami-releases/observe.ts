import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { describeNodeGroup, listClusters, listNodeGroups } from '../shared/fleet/fleet.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type RecommendedRelease, readRecommended } from '../shared/releases/ami-release.ts';
import { type Pair, pairKey } from '../shared/releases/ami-type.ts';
import { type KnownRelease, readReleases } from '../shared/releases/release-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';

export interface ObserveClients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** One pair that the fleet uses: Amazon's current recommendation, and what the ledger knows. */
export interface PairObservation {
  readonly pair: Pair;
  readonly recommended: RecommendedRelease;
  readonly known: KnownRelease | undefined;
}

/** What one run of the watcher observed. */
export interface FleetObservation {
  readonly pairs: readonly PairObservation[];
  /** All managed node groups that could be read. */
  readonly nodeGroups: readonly Nodegroup[];
}

/** Reads all node groups, derives their distinct pairs in a stable order, and reads the recommended release of each. */
export async function observeFleet(clients: ObserveClients): Promise<FleetObservation> {
  const nodeGroups = await describeNodeGroups(clients.eks);
  const pairs = pairsOf(nodeGroups);
  const [recommended, known] = await Promise.all([
    readRecommended(clients.ssm, clients.ec2, pairs),
    readReleases(clients.ledger),
  ]);
  return {
    nodeGroups,
    pairs: pairs.flatMap((pair) => {
      const release = recommended.get(pairKey(pair));
      return release === undefined ? [] : [{ pair, recommended: release, known: known.get(pairKey(pair)) }];
    }),
  };
}

async function describeNodeGroups(eks: EKSClient): Promise<Nodegroup[]> {
  const { nodeGroups } = await listNodeGroups(eks, await listClusters(eks));
  const readings = await pMap(nodeGroups, (key) => describeNodeGroup(eks, key, 'tell'), {
    concurrency: READ_CONCURRENCY,
  });
  // sweep-fleet and upgrade-node-groups report unreadable node groups. Here they only contribute no pair.
  return readings.flatMap((reading) => (reading.kind === 'found' ? [reading.found] : []));
}

function pairsOf(nodeGroups: readonly Nodegroup[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { version, amiType } of nodeGroups) {
    if (version === undefined || amiType === undefined || amiType === 'CUSTOM') continue;
    pairs.set(pairKey({ kubernetesVersion: version, amiType }), { kubernetesVersion: version, amiType });
  }
  return [...pairs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}
