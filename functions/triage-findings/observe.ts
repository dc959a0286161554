import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Image } from '@aws-sdk/client-ec2';
import type { EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { createClusterReader, describeNodeGroup, type Reading } from '../shared/fleet/fleet.ts';
import { autoScalingGroupsOf } from '../shared/fleet/identity.ts';
import { describeImages } from '../shared/fleet/images.ts';
import type { Worker } from '../shared/fleet/worker.ts';
import type { FindingState, Urgency } from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { createWantedReader, imageOf } from '../shared/releases/read-wanted-images.ts';
import { isImageOf } from '../shared/releases/release-version.ts';
import { pairOf, readTargets } from '../shared/releases/target-release.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { memoryOf } from './decision.ts';
import { type Hosts, hasMoved } from './follow.ts';
import type { GroupObservation, NodeGroupView, OpenFinding, View } from './observation.ts';
import { type GroupWorker, readAftermath, readOpenFindings, SAMPLE } from './observe-findings.ts';
import { listWorkers } from './observe-instances.ts';
import { type OtherGroup, readOtherGroups } from './observe-other-groups.ts';
import type { Policy } from './policy.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly inspector: Inspector2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A node group to observe. */
export interface DueGroup {
  readonly key: NodeGroupKey;
  readonly ownership: Worker['ownership'];
  readonly trigger: Trigger;
  readonly state: FindingState;
  /** Urgency of the findings that events named, and the affected workers, gravest finding first. */
  readonly claimed?: Urgency;
  readonly instanceIds: readonly string[];
}

/**
 * Observes these groups. It makes one EKS call per managed node group and per cluster, a few calls to EC2, SSM and Auto
 * Scaling for all, and one to five to Inspector per group. Inspector is asked about at most ten workers, those that events named
 * first.
 */
export async function observeGroups(
  clients: ObserveClients,
  due: readonly DueGroup[],
  policyAt: (key: NodeGroupKey, tags: ReadonlyArray<Readonly<Record<string, string>>>) => Policy,
  accountId: string,
): Promise<GroupObservation[]> {
  const managed = due.filter(({ ownership }) => ownership === 'managed').map(({ key }) => key);
  const readCluster = createClusterReader(clients.eks);
  const describe = async (key: NodeGroupKey): Promise<[string, Reading<Nodegroup>]> => [
    subjectOf(key),
    await describeNodeGroup(clients.eks, key),
  ];
  const readings = new Map(await pMap(managed, describe, { concurrency: READ_CONCURRENCY }));
  const pairs = [...readings.values()].flatMap((reading) =>
    reading.kind === 'found' ? (pairOf(reading.found) ?? []) : [],
  );
  const there = managed.flatMap((key) => {
    const reading = readings.get(subjectOf(key));
    return reading?.kind === 'found' ? [{ ...key, autoScalingGroups: autoScalingGroupsOf(reading.found) }] : [];
  });
  const others = due.filter(({ ownership }) => ownership === 'self-managed' || ownership === 'karpenter');
  const [targets, workers, otherGroup] = await Promise.all([
    readTargets(clients, pairs),
    listWorkers(clients.ec2, there),
    readOtherGroups(
      clients,
      others.map(({ key }) => key),
    ),
  ]);
  const imageIds = [...workers.values()].flat().map(({ imageId }) => imageId);
  const images = await describeImages(clients.ec2, imageIds);
  const readWanted = createWantedReader(clients);
  const inspector = { client: clients.inspector, accountId };
  /** Reads the remembered findings again where they may be over. */
  const aftermathOf = async (
    { state }: DueGroup,
    hosts: Pick<Hosts, 'runs' | 'isMoving' | 'open'>,
    ofGroup: readonly GroupWorker[],
  ) => {
    const { need } = memoryOf(state);
    const mayBeOver = need !== undefined && !hosts.isMoving && (hosts.open.length === 0 || hasMoved(need, hosts));
    return mayBeOver ? { aftermath: await readAftermath(inspector, ofGroup, need) } : {};
  };
  /** Reads the AMIs that the policy names for a group: upgrade-node-groups moves it to one for its version, or the next. */
  const readNamed = async (
    { upgrades: { image } }: Policy,
    { present, version, controlPlane }: { present: Image | undefined; version: string; controlPlane: string },
  ): Promise<Pick<NodeGroupView, 'named'>> => {
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
  };
  const otherViewOf = async (group: DueGroup, found: OtherGroup): Promise<View> => {
    const { key, state, instanceIds } = group;
    const cluster = await readCluster(key.cluster);
    if (cluster.kind !== 'found') return cluster;
    const { tags } = found;
    const clusterTags = cluster.found.tags ?? {};
    const here = policyAt(key, [clusterTags, tags]);
    const way = await found.readWay(here, cluster.found.version ?? '');
    const runs = [...new Set(found.members.map(({ imageId }) => imageId))].toSorted().join(' ');
    const isMoving = way.kind === 'refresh' && way.movesTo !== undefined;
    const { need } = memoryOf(state);
    // Before the move, only workers with an AMI of the remembered findings tell whether these are over.
    const had = need !== undefined && !hasMoved(need, { runs, isMoving }) ? need.releaseVersion.split(' ') : undefined;
    const ofGroup = found.members.map(({ instanceId, imageId }): GroupWorker => {
      const image: OpenFinding['image'] = had === undefined || had.includes(imageId) ? 'current' : 'other';
      return { instanceId, imageId, image };
    });
    const open = await readOpenFindings(inspector, sampleOf(ofGroup, instanceIds), here.findings);
    const aftermath = await aftermathOf(group, { runs, isMoving, open }, ofGroup);
    return { kind: 'other-group', clusterTags, tags, runs, open, way, ...aftermath };
  };
  const viewOf = async (group: DueGroup): Promise<View> => {
    const { key, ownership, instanceIds } = group;
    if (ownership !== 'managed') {
      if (ownership === 'auto-mode') return { kind: 'auto-mode' };
      const found = otherGroup(key);
      return found.kind === 'gone' ? found : otherViewOf(group, found);
    }
    const nodeGroup = readings.get(subjectOf(key)) ?? { kind: 'gone' };
    if (nodeGroup.kind !== 'found') return nodeGroup;
    const cluster = await readCluster(key.cluster);
    if (cluster.kind !== 'found') return cluster;
    const { version = '', amiType = '', releaseVersion = '', status = '', tags = {} } = nodeGroup.found;
    const clusterTags = cluster.found.tags ?? {};
    const ofGroup = (workers.get(subjectOf(key)) ?? []).map(({ instanceId, imageId }) => ({
      instanceId,
      // Of a group with an AMI of its owner's, EKS names that as the release.
      image: imageId === releaseVersion ? ('current' as const) : standingOf(images.get(imageId)?.Name, releaseVersion),
    }));
    const here = policyAt(key, [clusterTags, tags]);
    const open = await readOpenFindings(inspector, sampleOf(ofGroup, instanceIds), here.findings);
    const controlPlane = cluster.found.version ?? '';
    const named =
      amiType === 'CUSTOM' ? await readNamed(here, { present: images.get(releaseVersion), version, controlPlane }) : {};
    const hosts = { runs: releaseVersion, isMoving: status === 'UPDATING', open };
    return {
      kind: 'node-group',
      clusterStatus: cluster.found.status ?? '',
      clusterTags,
      tags,
      status,
      amiType,
      releaseVersion,
      target: targets({ kubernetesVersion: version, amiType }),
      open,
      ...named,
      ...(await aftermathOf(group, hosts, ofGroup)),
    };
  };
  const observe = async (group: DueGroup): Promise<GroupObservation> => {
    const { key: subject, trigger, state, claimed } = group;
    const view = await viewOf(group);
    return { topic: 'findings', subject, trigger, state, view, ...(claimed !== undefined && { claimed }) };
  };
  return pMap(due, observe, { concurrency: READ_CONCURRENCY });
}

/** Chooses the workers to ask Inspector about: those that events named come first, in their order. */
function sampleOf(workers: readonly GroupWorker[], told: readonly string[]): GroupWorker[] {
  const places = new Map(told.map((id, index) => [id, index]));
  const place = ({ instanceId }: GroupWorker): number => places.get(instanceId) ?? places.size;
  return workers.toSorted((a, b) => place(a) - place(b)).slice(0, SAMPLE);
}

/** @param name of the worker's AMI; undefined when the AMI is gone, as withdrawn ones are */
function standingOf(name: string | undefined, releaseVersion: string): GroupWorker['image'] {
  if (name === undefined || name === '') return 'unknown';
  return isImageOf(name, releaseVersion) ? 'current' : 'other';
}
