import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Cluster, EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import {
  type ClusterReader,
  describeNodeGroup,
  listClusters,
  listNodeGroups,
  type Reading,
} from '../shared/fleet/fleet.ts';
import { readNeeds } from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import {
  NEW_NODE_GROUP,
  type NodeGroupKey,
  type NodeGroupState,
  readNodeGroups,
  subjectOf,
} from '../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { pairKey } from '../shared/releases/ami-type.ts';
import { pairOf, readTargets, type Targets } from '../shared/releases/target-release.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Scope } from './batch.ts';
import type { Observation, View } from './observation.ts';
import { observeUpdate } from './observe-update.ts';

export interface ObserveClients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A node group of the scope as EKS describes it. */
interface Described {
  readonly key: NodeGroupKey;
  readonly trigger: Trigger;
  readonly reading: Reading<Nodegroup>;
}

/**
 * Reads everything that decisions about the managed node groups of the scope rest on. One reconcile of a whole fleet costs
 * one call a cluster, one a node group, and the pages of the lists.
 */
export async function observeNodeGroups(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
): Promise<Observation[]> {
  const described = await describeScope(clients.eks, scope);
  const subjects = described.map(({ key }) => subjectOf(key));
  const [clusters, states, needs, targets] = await Promise.all([
    describeClusters(readCluster, described),
    readNodeGroups(clients.ledger, subjects),
    readNeeds(clients.ledger, subjects),
    readTargets(
      clients,
      described.flatMap(({ reading }) => (reading.kind === 'found' ? (pairOf(reading.found) ?? []) : [])),
    ),
  ]);
  const observe = async ({ key, trigger, reading }: Described): Promise<Observation> => {
    const state = states.get(subjectOf(key)) ?? NEW_NODE_GROUP;
    const cluster = clusters.get(key.cluster) ?? { kind: 'gone' };
    const need = needs.get(subjectOf(key));
    const view = await viewOf(clients, key, state, reading, cluster, targets);
    const request = scope.requests.get(subjectOf(key));
    const seen = { key, trigger, state, view, ...(need !== undefined && { need }) };
    const known = [state.answered, state.proposal?.ruling?.id];
    return request === undefined || known.includes(request.trigger.id)
      ? seen
      : { ...seen, trigger: request.trigger, request };
  };
  return pMap(described, observe, { concurrency: READ_CONCURRENCY });
}

/** The named node groups and, when a release reconcile requests at a pair, all of the fleet that belong to it. */
async function describeScope(eks: EKSClient, { pairs, nodeGroups }: Scope): Promise<Described[]> {
  // Clusters that cannot be read are told of by sweep-fleet.
  const everywhere = pairs.size === 0 ? [] : (await listNodeGroups(eks, await listClusters(eks))).nodeGroups;
  const keys = new Map([
    ...everywhere.map((key): [string, NodeGroupKey] => [subjectOf(key), key]),
    ...[...nodeGroups].map(([subject, { key }]): [string, NodeGroupKey] => [subject, key]),
  ]);
  const described = await pMap(
    keys,
    async ([subject, key]) => {
      const reading = await describeNodeGroup(eks, key);
      const pair = reading.kind === 'found' ? pairOf(reading.found) : undefined;
      const trigger = nodeGroups.get(subject)?.trigger ?? (pair && pairs.get(pairKey(pair)));
      return trigger === undefined ? undefined : { key, trigger, reading };
    },
    { concurrency: READ_CONCURRENCY },
  );
  return described.filter((entry) => entry !== undefined);
}

async function describeClusters(readCluster: ClusterReader, described: readonly Described[]) {
  const names = new Set(described.filter(({ reading }) => reading.kind === 'found').map(({ key }) => key.cluster));
  const describe = async (name: string): Promise<[string, Reading<Cluster>]> => [name, await readCluster(name)];
  return new Map(await pMap(names, describe, { concurrency: READ_CONCURRENCY }));
}

async function viewOf(
  clients: ObserveClients,
  key: NodeGroupKey,
  state: NodeGroupState,
  nodeGroup: Reading<Nodegroup>,
  cluster: Reading<Cluster>,
  targets: Targets,
): Promise<View> {
  if (nodeGroup.kind !== 'found') return nodeGroup;
  if (cluster.kind !== 'found') return cluster;
  const desired = nodeGroup.found.scalingConfig?.desiredSize ?? 0;
  const update = state.upgrade && (await observeUpdate(clients, key, state.upgrade, desired));
  // The update may have ended between the two reads: what the node group runs counts from then on.
  const settled = update?.kind === 'successful' ? await describeNodeGroup(clients.eks, key) : nodeGroup;
  if (settled.kind !== 'found') return settled;
  const { found } = settled;
  const { version = '', amiType = '', releaseVersion = '', status = '', nodegroupArn = '' } = found;
  return {
    kind: 'node-group',
    cluster: { status: cluster.found.status ?? '', tags: cluster.found.tags ?? {} },
    arn: nodegroupArn,
    status,
    version,
    releaseVersion,
    amiType,
    tags: found.tags ?? {},
    healthIssues: (found.health?.issues ?? []).map(({ code, message }) => `${code}: ${message}`),
    target: targets({ kubernetesVersion: version, amiType }),
    ...(update !== undefined && { update }),
  };
}
