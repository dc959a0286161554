import type { AutoScalingClient, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeImages } from '../shared/fleet/images.ts';
import { groupOfClass } from '../shared/fleet/node-class-name.ts';
import { type Reading, read } from '../shared/fleet/reading.ts';
import { describeGroups } from '../shared/fleet/self-managed-groups.ts';
import { isUnmanagedGroupName, unmanagedGroup } from '../shared/fleet/worker.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeClassState, readNodeClassStates } from '../shared/ledger/node-class-ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { type RefreshState, readStates, stateOf } from '../shared/ledger/refresh-ledger.ts';
import { createWantedReader, imageOf, type WantedReader } from '../shared/releases/read-wanted-images.ts';
import type { MachineImage } from '../shared/releases/wanted-image.ts';
import { settledValue } from '../shared/runtime/settled.ts';
import { memoryOf } from './decision.ts';
import type { DueGroup } from './due-group.ts';
import { hasMoved } from './follow.ts';
import type { OpenFinding, PinWay, RefreshWay, View, Way } from './observation.ts';
import type { GroupWorker } from './observe-findings.ts';
import { type Looking, readHosts } from './observe-hosts.ts';
import { listOthers, NAMELESS, type OtherKey, type OtherMember } from './observe-instances.ts';
import type { Policy } from './policy.ts';

export interface OtherClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A group outside of managed node groups, as far as it does not depend on Inspector. */
export interface OtherGroup {
  readonly members: readonly OtherMember[];
  readonly tags: Readonly<Record<string, string>>;
  /** Reads what decides whether its AMI is replaced, by the policy for its place. */
  readonly readWay: (policy: Policy, controlPlane: string) => Promise<Way>;
}

/** @throws why groups of its kind could not be read, where that may pass by itself */
export type OtherReader = (key: NodeGroupKey) => Reading<OtherGroup>;

/**
 * Reads Auto Scaling groups and node pools, all at once: a call to EC2 for two hundred of each kind, one to Auto Scaling
 * for fifty groups, and two to the ledger. AMIs that the policy names are read once for each name. Of a cluster with
 * findings on nodes in neither, all nodes are listed. What cannot be read of Auto Scaling groups stops no node pool.
 */
export async function readOtherGroups(clients: OtherClients, keys: readonly NodeGroupKey[]): Promise<OtherReader> {
  const named = keys.flatMap(otherKeys);
  const groups = named.filter(({ kind }) => kind === 'auto-scaling-group');
  const hasPools = named.some(({ kind }) => kind === 'node-pool');
  const members = await listOthers(clients.ec2, named);
  const [groupIn, classes] = await Promise.allSettled([
    readAutoScalingGroups(clients, groups, members),
    hasPools ? readNodeClassStates(clients.ledger) : new Map<string, NodeClassState>(),
  ]);
  const kinds = new Map(named.map((each) => [subjectOf(each.key), each]));
  return (key) => {
    const known = kinds.get(subjectOf(key));
    if (known === undefined) return { kind: 'gone' };
    const own = members.get(subjectOf(key)) ?? [];
    const untagged = (way: Way) => found({ members: own, tags: {}, readWay: async () => way });
    switch (known.kind) {
      case 'nameless':
        return untagged({ kind: 'none' });
      case 'node-pool':
        return untagged({ kind: 'pin', classes: classesOf(key, own, settledValue(classes)) });
      case 'auto-scaling-group':
        return settledValue(groupIn)(known, own);
    }
  };
}

type Members = readonly OtherMember[];

/** Reads Auto Scaling groups, and what refresh-groups remembers of them. */
async function readAutoScalingGroups(
  clients: OtherClients,
  groups: readonly OtherKey[],
  members: ReadonlyMap<string, Members>,
): Promise<(group: OtherKey, own: Members) => Reading<OtherGroup>> {
  const names = [...new Set(groups.map(({ name }) => name))];
  const subjects = groups.map(({ key }) => subjectOf(key));
  const imageIds = subjects.flatMap((subject) => (members.get(subject) ?? []).map(({ imageId }) => imageId));
  const [described, refreshes, describedImages] = await Promise.all([
    read(() => describeGroups(clients.autoScaling, names), 'throw'),
    groups.length === 0 ? new Map<string, RefreshState>() : readStates(clients.ledger, subjects),
    describeImages(clients.ec2, imageIds),
  ]);
  if (described.kind !== 'found') return () => described;
  const byName = new Map(described.found.map((group) => [group.AutoScalingGroupName, group]));
  const images = new Map([...describedImages].flatMap(([id, image]) => entryOf(id, imageOf(image))));
  const readWanted = createWantedReader(clients);
  return ({ key, name }, own) => {
    const group = byName.get(name);
    if (group === undefined) return { kind: 'gone' };
    const state = stateOf(group.AutoScalingGroupARN, refreshes.get(subjectOf(key)));
    const readWay = refreshWayReader(readWanted, imagesOf(own, images), state);
    return found({ members: own, tags: tagsOf(group), readWay });
  };
}

/** A group by what its name stands for; none where nothing can have the name. */
function otherKeys(key: NodeGroupKey): OtherKey[] {
  const group = unmanagedGroup(key.nodegroup);
  if (group === undefined || group.name === NAMELESS.name) return [{ key, ...NAMELESS }];
  return isUnmanagedGroupName(group) ? [{ key, ...group }] : [];
}

const found = (group: OtherGroup): Reading<OtherGroup> => ({ kind: 'found', found: group });

/** Looks at a group, with its cluster and its findings. */
export async function viewOtherGroup(
  { inspector, readCluster, policyAt }: Looking,
  group: DueGroup,
  { members, tags, readWay }: OtherGroup,
): Promise<View> {
  const cluster = await readCluster(group.key.cluster);
  if (cluster.kind !== 'found') return cluster;
  const clusterTags = cluster.found.tags ?? {};
  const here = policyAt(group.key, [clusterTags, tags]);
  const way = await readWay(here, cluster.found.version ?? '');
  const runs = [...new Set(members.map(({ imageId }) => imageId))].toSorted().join(' ');
  const moving = { runs, isMoving: way.kind === 'refresh' && way.movesTo !== undefined };
  const { need } = memoryOf(group.state);
  // Before the move, only workers with an AMI of the remembered findings tell whether these are over.
  const had = need !== undefined && !hasMoved(need, moving) ? need.releaseVersion.split(' ') : undefined;
  const workers = members.map(({ instanceId, imageId }): GroupWorker => {
    const image: OpenFinding['image'] = had === undefined || had.includes(imageId) ? 'current' : 'other';
    return { instanceId, imageId, image };
  });
  const hosts = await readHosts(inspector, group, workers, moving, here);
  return { kind: 'other-group', clusterTags, tags, runs, way, ...hosts };
}

const entryOf = (id: string, image: MachineImage | undefined): Array<[string, MachineImage]> =>
  image === undefined ? [] : [[id, image]];

const tagsOf = ({ Tags = [] }: AutoScalingGroup): Record<string, string> =>
  Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));

/** The AMIs of workers, oldest first; empty where EC2 does not show one of them, which may be newer than all others. */
function imagesOf(members: readonly OtherMember[], known: ReadonlyMap<string, MachineImage>): MachineImage[] {
  const ids = [...new Set(members.map(({ imageId }) => imageId))];
  const all = ids.flatMap((id) => known.get(id) ?? []);
  return all.length < ids.length ? [] : all.toSorted((a, b) => a.createdAt - b.createdAt);
}

const refreshWayReader =
  (readWanted: WantedReader, images: readonly MachineImage[], { refresh, failures, reason }: RefreshState) =>
  async ({ refreshes }: Policy, controlPlane: string): Promise<RefreshWay> => {
    const [behind, present] = [images[0], images.at(-1)];
    const isRead = refreshes.mode !== 'off' && refreshes.wanted !== null && refresh === undefined;
    const wanted = isRead && refreshes.wanted !== null ? await readWanted(refreshes.wanted, controlPlane) : undefined;
    return {
      kind: 'refresh',
      controlPlane,
      ...(wanted !== undefined && { wanted }),
      ...(present !== undefined && { present }),
      ...(behind !== undefined && behind !== present && { behind }),
      ...(refresh !== undefined && { movesTo: refresh.target }),
      ...(failures !== undefined && { failedTo: failures.target }),
      ...(reason !== undefined && { reason }),
    };
  };

/** The EC2NodeClasses that a pool's nodes name, each with what was last said of it, or of all classes of the cluster. */
function classesOf(
  { cluster }: NodeGroupKey,
  members: readonly OtherMember[],
  states: ReadonlyMap<string, NodeClassState>,
): PinWay['classes'] {
  const reasonOf = (name: string) => states.get(subjectOf({ cluster, nodegroup: groupOfClass(name) }))?.reason;
  const names = [...new Set(members.flatMap(({ nodeClass }) => nodeClass ?? []))].toSorted();
  const ofAll = reasonOf('*');
  const unread = ofAll === 'node-classes-unread' ? ofAll : undefined;
  return new Map(names.map((name) => [name, unread ?? reasonOf(name)]));
}
