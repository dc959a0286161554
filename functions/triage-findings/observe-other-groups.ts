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

export type OtherReader = (key: NodeGroupKey) => Reading<OtherGroup>;

/**
 * Reads Auto Scaling groups and node pools, all at once: a call to EC2 for two hundred of each kind, one to Auto Scaling
 * for fifty groups, and two to the ledger. AMIs that the policy names are read once for each name. Of a cluster with
 * findings on nodes in neither, all nodes are listed. Where Auto Scaling refuses to show groups, node pools are read all
 * the same.
 */
export async function readOtherGroups(clients: OtherClients, keys: readonly NodeGroupKey[]): Promise<OtherReader> {
  const named = keys.flatMap(otherKeys);
  const groups = named.filter(({ kind }) => kind === 'auto-scaling-group');
  const pools = named.filter(({ kind }) => kind === 'node-pool');
  const names = [...new Set(groups.map(({ name }) => name))];
  const subjects = groups.map(({ key }) => subjectOf(key));
  const [members, described, refreshes, classes] = await Promise.all([
    listOthers(clients.ec2, named),
    read(() => describeGroups(clients.autoScaling, names), 'throw'),
    groups.length === 0 ? new Map<string, RefreshState>() : readStates(clients.ledger, subjects),
    pools.length === 0 ? new Map<string, NodeClassState>() : readNodeClassStates(clients.ledger),
  ]);
  const ofGroups = subjects.flatMap((subject) => members.get(subject) ?? []);
  const describedImages = await describeImages(
    clients.ec2,
    ofGroups.map(({ imageId }) => imageId),
  );
  const images = new Map([...describedImages].flatMap(([id, image]) => entryOf(id, imageOf(image))));
  const readWanted = createWantedReader(clients);
  const kinds = new Map(named.map(({ key, kind, name }) => [subjectOf(key), { kind, name }]));
  return (key) => {
    const subject = subjectOf(key);
    const known = kinds.get(subject);
    if (known === undefined) return { kind: 'gone' };
    const own = members.get(subject) ?? [];
    const untagged = (way: Way) => found({ members: own, tags: {}, readWay: async () => way });
    if (known.kind === NAMELESS.kind) return untagged({ kind: 'none' });
    if (known.kind === 'node-pool') return untagged({ kind: 'pin', classes: classesOf(key, own, classes) });
    if (described.kind !== 'found') return described;
    const group = described.found.find(({ AutoScalingGroupName }) => AutoScalingGroupName === known.name);
    if (group === undefined) return { kind: 'gone' };
    const state = stateOf(group.AutoScalingGroupARN, refreshes.get(subject));
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
  (readWanted: WantedReader, images: readonly MachineImage[], { refresh, reason }: RefreshState) =>
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
