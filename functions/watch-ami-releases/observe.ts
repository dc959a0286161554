import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { createClusterReader, describeNodeGroup, listClusters, listNodeGroups } from '../shared/fleet/fleet.ts';
import { nextVersion } from '../shared/fleet/kubernetes-version.ts';
import type { Reading } from '../shared/fleet/reading.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type RecommendedRelease, readRecommended } from '../shared/releases/ami-release.ts';
import { type Pair, pairKey, pairOfKey } from '../shared/releases/ami-type.ts';
import { neverPublished } from '../shared/releases/end-of-life.ts';
import { type KnownRelease, readReleases } from '../shared/releases/release-ledger.ts';
import { readWatchedPairs } from '../shared/releases/watched-pairs.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';

export interface ObserveClients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** One pair: Amazon's current recommendation, and what the ledger knows. */
export interface PairObservation {
  readonly pair: Pair;
  /** Whether the fleet uses it. Where part of the fleet could not be read, it may. */
  readonly isInUse: boolean;
  readonly recommended: RecommendedRelease;
  readonly known: KnownRelease | undefined;
}

/** What one run of the watcher observed. */
export interface FleetObservation {
  readonly pairs: readonly PairObservation[];
  /** All managed node groups that could be read. */
  readonly nodeGroups: readonly Nodegroup[];
}

/**
 * Reads all node groups, derives their distinct pairs in a stable order, and reads the recommended release of each. The
 * pairs include those to which node groups can follow their control planes, and those that were in use before: what
 * Amazon withdraws meanwhile would stay on offer.
 */
export async function observeFleet(clients: ObserveClients): Promise<FleetObservation> {
  const clusters = await listClusters(clients.eks);
  const [nodeGroups, controlPlanes] = await Promise.all([
    describeNodeGroups(clients.eks, clusters),
    readControlPlanes(clients.eks, clusters),
  ]);
  const [known, registered] = await Promise.all([readReleases(clients.ledger), readWatchedPairs(clients.ledger)]);
  const isWhole = nodeGroups.isWhole && controlPlanes.isWhole;
  const pairs = watchedPairs(pairsOf(nodeGroups.found, controlPlanes.found, registered), known, isWhole);
  const recommended = await readRecommended(
    clients.ssm,
    clients.ec2,
    pairs.map(({ pair }) => pair),
  );
  return {
    nodeGroups: nodeGroups.found,
    pairs: pairs.flatMap((each) => {
      const key = pairKey(each.pair);
      const release = recommended.get(key);
      return release === undefined ? [] : [{ ...each, recommended: release, known: known.get(key) }];
    }),
  };
}

/**
 * The pairs in use, and all others of which releases were seen.
 *
 * @param isWhole whether the whole fleet was read. Otherwise all others may be in use, too: what is found of them in
 *   this run would never be told.
 */
export function watchedPairs(
  inUse: readonly Pair[],
  known: ReadonlyMap<string, KnownRelease>,
  isWhole: boolean,
): Array<Pick<PairObservation, 'pair' | 'isInUse'>> {
  const keys = new Set(inUse.map(pairKey));
  const others = [...known].filter(([key, { seen }]) => !keys.has(key) && seen.length > 0);
  return [
    ...inUse.map((pair) => ({ pair, isInUse: true })),
    ...others.map(([key]) => ({ pair: pairOfKey(key), isInUse: !isWhole })),
  ];
}

/** What could be read of a kind. */
interface Found<T> {
  readonly found: T;
  /** Whether all of it could be read. What was deleted meanwhile is no part of it. */
  readonly isWhole: boolean;
}

/** The Kubernetes versions of the control planes, by cluster. An unreadable cluster contributes none. */
async function readControlPlanes(
  eks: EKSClient,
  clusters: readonly string[],
): Promise<Found<ReadonlyMap<string, string>>> {
  const readCluster = createClusterReader(eks, 'tell');
  const readings = await pMap(clusters, (name) => readCluster(name), { concurrency: READ_CONCURRENCY });
  return {
    found: new Map(
      readings.flatMap((reading, index) =>
        reading.kind === 'found' ? [[clusters[index] ?? '', reading.found.version ?? '']] : [],
      ),
    ),
    isWhole: readings.every(isRead),
  };
}

async function describeNodeGroups(eks: EKSClient, clusters: readonly string[]): Promise<Found<Nodegroup[]>> {
  const { nodeGroups, unreadable } = await listNodeGroups(eks, clusters);
  const readings = await pMap(nodeGroups, (key) => describeNodeGroup(eks, key, 'tell'), {
    concurrency: READ_CONCURRENCY,
  });
  // sweep-fleet and upgrade-node-groups report unreadable node groups. Here they only contribute no pair.
  return {
    found: readings.flatMap((reading) => (reading.kind === 'found' ? [reading.found] : [])),
    isWhole: unreadable.size === 0 && readings.every(isRead),
  };
}

const isRead = ({ kind }: Reading<unknown>): boolean => kind !== 'unreadable';

/** @param registered pairs that only nodes of Karpenter use */
function pairsOf(
  nodeGroups: readonly Nodegroup[],
  controlPlanes: ReadonlyMap<string, string>,
  registered: readonly Pair[],
): Pair[] {
  const pairs = new Map(registered.map((pair) => [pairKey(pair), pair]));
  const add = (pair: Pair) => pairs.set(pairKey(pair), pair);
  for (const { clusterName = '', version, amiType } of nodeGroups) {
    if (version === undefined || amiType === undefined || amiType === 'CUSTOM') continue;
    add({ kubernetesVersion: version, amiType });
    const kubernetesVersion = nextVersion(version, controlPlanes.get(clusterName) ?? '');
    if (kubernetesVersion === undefined) continue;
    const next = { kubernetesVersion, amiType };
    // An AMI type that ends with the present version has no next pair.
    if (!neverPublished(next)) add(next);
  }
  return [...pairs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}
