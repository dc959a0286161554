import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { type RecommendedRelease, readRecommended } from '../shared/ami-release.ts';
import { type Pair, pairKey } from '../shared/ami-type.ts';
import { READ_CONCURRENCY } from '../shared/aws-client.ts';
import { describeNodeGroup, listClusters, listNodeGroups } from '../shared/fleet.ts';
import type { Ledger } from '../shared/ledger.ts';
import { type KnownRelease, readReleases } from '../shared/release-ledger.ts';

export interface ObserveClients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** One pair that the fleet uses: what Amazon recommends for it now, and what the ledger knows. */
export interface PairObservation {
  readonly pair: Pair;
  readonly recommended: RecommendedRelease;
  readonly known: KnownRelease | undefined;
}

/** Finds the distinct pairs of the fleet's node groups, in a stable order, and reads their releases. */
export async function observePairs(clients: ObserveClients): Promise<PairObservation[]> {
  const pairs = await findPairs(clients.eks);
  const [recommended, known] = await Promise.all([
    readRecommended(clients.ssm, clients.ec2, pairs),
    readReleases(clients.ledger),
  ]);
  return pairs.flatMap((pair) => {
    const release = recommended.get(pairKey(pair));
    return release === undefined ? [] : [{ pair, recommended: release, known: known.get(pairKey(pair)) }];
  });
}

async function findPairs(eks: EKSClient): Promise<Pair[]> {
  const keys = await listNodeGroups(eks, await listClusters(eks));
  const readings = await pMap(keys, (key) => describeNodeGroup(eks, key), { concurrency: READ_CONCURRENCY });
  const pairs = new Map<string, Pair>();
  for (const reading of readings) {
    // A node group that cannot be read is told of by upgrade-node-groups; here it merely names no pair.
    const { version, amiType } = reading.kind === 'found' ? reading.found : {};
    if (version === undefined || amiType === undefined || amiType === 'CUSTOM') continue;
    pairs.set(pairKey({ kubernetesVersion: version, amiType }), { kubernetesVersion: version, amiType });
  }
  return [...pairs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}
