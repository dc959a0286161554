import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { readImageNames } from '../shared/ami-release.ts';
import { READ_CONCURRENCY } from '../shared/aws-client.ts';
import type { FindingState, Urgency } from '../shared/finding-ledger.ts';
import { createClusterReader, describeNodeGroup, type Reading } from '../shared/fleet.ts';
import type { Ledger } from '../shared/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/node-group-ledger.ts';
import type { Policy } from '../shared/policy.ts';
import type { Trigger } from '../shared/recorder.ts';
import { pairOf, readTargets, type Targets } from '../shared/target-release.ts';
import type { Worker } from '../shared/worker.ts';
import { hasMoved } from './decide.ts';
import { memoryOf } from './decision.ts';
import type { GroupObservation, View } from './observation.ts';
import { readAftermath, readOpenFindings, SAMPLE } from './observe-findings.ts';
import { type FoundWorker, listWorkers } from './observe-instances.ts';

export interface ObserveClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly inspector: Inspector2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** A node group that is to be looked at. */
export interface DueGroup {
  readonly key: NodeGroupKey;
  readonly ownership: Worker['ownership'];
  readonly trigger: Trigger;
  readonly state: FindingState;
  /** How urgent the findings are that events told of, and on which workers, the gravest first. */
  readonly claimed?: Urgency;
  readonly instanceIds: readonly string[];
}

/**
 * Reads what decisions about these node groups rest on: one call a node group and one a cluster from EKS, a few calls for
 * all from EC2 and SSM, and one to three a node group from Inspector, which is asked about ten workers at most: those that
 * events told of come first.
 */
export async function observeGroups(
  clients: ObserveClients,
  due: readonly DueGroup[],
  policy: Policy['findings'],
): Promise<GroupObservation[]> {
  const managed = due.filter(({ ownership }) => ownership === 'managed').map(({ key }) => key);
  const readCluster = createClusterReader(clients.eks);
  const readings = new Map(
    await pMap(
      managed,
      async (key): Promise<[string, Reading<Nodegroup>]> => [subjectOf(key), await describeNodeGroup(clients.eks, key)],
      {
        concurrency: READ_CONCURRENCY,
      },
    ),
  );
  const pairs = [...readings.values()].flatMap((reading) =>
    reading.kind === 'found' ? (pairOf(reading.found) ?? []) : [],
  );
  const [targets, workers] = await Promise.all([readTargets(clients, pairs), listWorkers(clients.ec2, managed)]);
  const imageIds = [...workers.values()].flat().map(({ imageId }) => imageId);
  const imageNames = imageIds.length === 0 ? new Map<string, string>() : await readImageNames(clients.ec2, imageIds);
  const observe = async (group: DueGroup): Promise<GroupObservation> => {
    const { key, ownership, trigger, state, claimed } = group;
    const about = {
      topic: 'findings',
      subject: key,
      trigger,
      state,
      ...(claimed !== undefined && { claimed }),
    } as const;
    if (ownership !== 'managed') return { ...about, view: { kind: 'unmanaged', ownership } };
    const nodeGroup = readings.get(subjectOf(key)) ?? { kind: 'gone' };
    if (nodeGroup.kind !== 'found') return { ...about, view: nodeGroup };
    const cluster = await readCluster(key.cluster);
    if (cluster.kind !== 'found') return { ...about, view: cluster };
    const ofGroup = workers.get(subjectOf(key)) ?? [];
    const tags = cluster.found.tags ?? {};
    return {
      ...about,
      view: await viewOf(clients.inspector, group, nodeGroup.found, tags, targets, ofGroup, imageNames, policy),
    };
  };
  return pMap(due, observe, { concurrency: READ_CONCURRENCY });
}

async function viewOf(
  inspector: Inspector2Client,
  { state, instanceIds }: DueGroup,
  nodeGroup: Nodegroup,
  clusterTags: Readonly<Record<string, string>>,
  targets: Targets,
  workers: readonly FoundWorker[],
  imageNames: ReadonlyMap<string, string>,
  policy: Policy['findings'],
): Promise<View> {
  const { version = '', amiType = '', releaseVersion = '', status = '', tags = {} } = nodeGroup;
  const told = new Map(instanceIds.map((id, index) => [id, index]));
  const place = ({ instanceId }: FoundWorker): number => told.get(instanceId) ?? told.size;
  const sample = workers.toSorted((a, b) => place(a) - place(b)).slice(0, SAMPLE);
  const open = await readOpenFindings(inspector, sample, releaseVersion, imageNames, policy);
  const { need } = memoryOf(state);
  const mayBeOver =
    need !== undefined && status === 'ACTIVE' && (open.length === 0 || hasMoved(need, { status, releaseVersion }));
  return {
    kind: 'node-group',
    clusterTags,
    tags,
    status,
    amiType,
    releaseVersion,
    target: targets({ kubernetesVersion: version, amiType }),
    open,
    ...(mayBeOver && { aftermath: await readAftermath(inspector, workers, releaseVersion, imageNames, need) }),
  };
}
