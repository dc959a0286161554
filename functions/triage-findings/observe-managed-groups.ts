import type { EC2Client, Image } from '@aws-sdk/client-ec2';
import type { EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { describeNodeGroup, type Reading } from '../shared/fleet/fleet.ts';
import { autoScalingGroupsOf } from '../shared/fleet/identity.ts';
import { describeImages } from '../shared/fleet/images.ts';
import { isNodeGroupName } from '../shared/fleet/worker.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { createWantedReader, imageOf, type WantedReader } from '../shared/releases/read-wanted-images.ts';
import { isImageOf } from '../shared/releases/release-version.ts';
import { pairOf, readTargets, type Target } from '../shared/releases/target-release.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { settledValue } from '../shared/runtime/settled.ts';
import type { DueGroup } from './due-group.ts';
import type { NodeGroupView, View } from './observation.ts';
import type { GroupWorker } from './observe-findings.ts';
import { type Looking, readHosts } from './observe-hosts.ts';
import { listWorkers } from './observe-instances.ts';
import type { Policy } from './policy.ts';

export interface ManagedClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A managed node group, as far as it does not depend on Inspector. */
export interface ManagedGroup {
  readonly nodeGroup: Nodegroup;
  readonly workers: readonly GroupWorker[];
  readonly target: Target;
  /** The AMI that it runs, where that is its owner's and EC2 shows it. */
  readonly present?: Image;
  readonly readWanted: WantedReader;
}

/** @throws what EKS answered about this node group, where that may pass by itself */
export type ManagedReader = (key: NodeGroupKey) => Promise<Reading<ManagedGroup>>;

/** Reads managed node groups: each by a call to EKS, and a few calls to EC2 and SSM for all. */
export async function readManagedGroups(
  clients: ManagedClients,
  keys: readonly NodeGroupKey[],
): Promise<ManagedReader> {
  const readings = new Map(
    await pMap(
      keys.filter(({ nodegroup }) => isNodeGroupName(nodegroup)),
      async (key) => {
        const [settled] = await Promise.allSettled([describeNodeGroup(clients.eks, key)]);
        return [subjectOf(key), { key, settled }] as const;
      },
      { concurrency: READ_CONCURRENCY },
    ),
  );
  const there = [...readings.values()].flatMap(({ key, settled }) =>
    settled.status === 'fulfilled' && settled.value.kind === 'found' ? [{ key, found: settled.value.found }] : [],
  );
  const [targets, workers] = await Promise.all([
    readTargets(
      clients,
      there.flatMap(({ found }) => pairOf(found) ?? []),
    ),
    listWorkers(
      clients.ec2,
      there.map(({ key, found }) => ({ ...key, autoScalingGroups: autoScalingGroupsOf(found) })),
    ),
  ]);
  const imageIds = [...workers.values()].flat().map(({ imageId }) => imageId);
  const images = await describeImages(clients.ec2, imageIds);
  const readWanted = createWantedReader(clients);
  return async (key) => {
    const settled = readings.get(subjectOf(key))?.settled;
    if (settled === undefined) return { kind: 'gone' };
    const reading = settledValue(settled);
    if (reading.kind !== 'found') return reading;
    const nodeGroup = reading.found;
    const { version: kubernetesVersion = '', amiType = '', releaseVersion = '' } = nodeGroup;
    const present = images.get(releaseVersion);
    return {
      kind: 'found',
      found: {
        nodeGroup,
        workers: (workers.get(subjectOf(key)) ?? []).map(({ instanceId, imageId }) => ({
          instanceId,
          // Of a group with an AMI of its owner's, EKS names that as the release.
          image:
            imageId === releaseVersion ? ('current' as const) : standingOf(images.get(imageId)?.Name, releaseVersion),
        })),
        target: targets({ kubernetesVersion, amiType }),
        ...(present !== undefined && { present }),
        readWanted,
      },
    };
  };
}

/** Looks at a managed node group, with its cluster and its findings. */
export async function viewManagedGroup(
  { inspector, readCluster, policyAt }: Looking,
  group: DueGroup,
  { nodeGroup, workers, target, present, readWanted }: ManagedGroup,
): Promise<View> {
  const cluster = await readCluster(group.key.cluster);
  if (cluster.kind !== 'found') return cluster;
  const { version = '', amiType = '', releaseVersion = '', status = '', tags = {} } = nodeGroup;
  const { tags: clusterTags = {}, version: controlPlane = '', status: clusterStatus = '' } = cluster.found;
  const here = policyAt(group.key, [clusterTags, tags]);
  const moving = { runs: releaseVersion, isMoving: status === 'UPDATING' };
  const hosts = await readHosts(inspector, group, workers, moving, here);
  const named = amiType === 'CUSTOM' ? await readNamed(readWanted, here, { present, version, controlPlane }) : {};
  return {
    kind: 'node-group',
    clusterStatus,
    clusterTags,
    tags,
    status,
    amiType,
    releaseVersion,
    kubernetesVersion: version,
    controlPlane,
    target,
    ...named,
    ...hosts,
  };
}

/** Reads the AMIs that the policy names for a group: upgrade-node-groups moves it to one for its version, or the next. */
async function readNamed(
  readWanted: WantedReader,
  { upgrades: { image } }: Policy,
  { present, version, controlPlane }: { present: Image | undefined; version: string; controlPlane: string },
): Promise<Pick<NodeGroupView, 'named'>> {
  const { mode, wanted } = image;
  if (mode === 'off' || wanted === null) return {};
  const versions = new Set([version, controlPlane].filter((each) => each !== ''));
  const readings = await Promise.all([...versions].map((each) => readWanted(wanted, each)));
  const candidates = readings.flatMap((each) => (each.kind === 'named' ? each.candidates : []));
  const known = imageOf(present);
  const unreadable = readings.find((each) => each.kind === 'unreadable');
  return {
    named: {
      candidates,
      controlPlane,
      ...(known !== undefined && { present: known }),
      ...(unreadable !== undefined && { unreadable }),
    },
  };
}

/** @param name of the worker's AMI; undefined when the AMI is gone, as withdrawn ones are */
function standingOf(name: string | undefined, releaseVersion: string): GroupWorker['image'] {
  if (name === undefined || name === '') return 'unknown';
  return isImageOf(name, releaseVersion) ? 'current' : 'other';
}
