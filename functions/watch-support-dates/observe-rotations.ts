import pMap from 'p-map';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { type Authorities, type Launched, readAuthorities, readLaunches } from './authorities.ts';
import { classLaunches } from './class-launches.ts';
import type { JudgedNode } from './decide-authority.ts';
import { judgeSource } from './decide-user-data.ts';
import type { DecidedFleet } from './decided-fleet.ts';
import {
  createSourceReader,
  type GroupLaunches,
  type LaunchClients,
  type LaunchSource,
  readGroupLaunches,
  type SourceReader,
  type UnreadSource,
} from './group-launches.ts';
import type { Observation } from './observe.ts';
import type { Policy } from './policy.ts';
import { type Rotation, rotationOf } from './rotation.ts';

/** The certificate authorities of a fleet, with the nodes and groups of the clusters that rotate theirs. */
export interface Rotations {
  /** The clusters that could be read, by name. */
  readonly clusters: ReadonlyMap<string, Observation['cluster']>;
  /** Whether a cluster is gone or left alone. */
  readonly isLeft: (cluster: string) => boolean;
  readonly authorities: ReadonlyMap<string, Authorities>;
  /** The rotations that are under way, by cluster. */
  readonly rotations: ReadonlyMap<string, Rotation>;
  /** By what user data is judged: these, and those that have ended where some group was told before. */
  readonly judgedBy: ReadonlyMap<string, Rotation>;
  readonly nodes: readonly JudgedNode[];
  /** What groups launch from, by cluster. A cluster whose groups cannot be listed is missing. */
  readonly groups: ReadonlyMap<string, readonly GroupLaunches[]>;
}

/**
 * @param toldIn the clusters with a group whose user data is told of. Its next nodes still lack trust once EKS has
 *   removed the former authority.
 * @param readClasses reads what is remembered of node classes, by `subjectOf`
 * @param onTrouble gets the error of a cluster whose groups cannot be listed
 */
export async function observeRotations(
  clients: LaunchClients,
  { names, observations, decided }: DecidedFleet,
  { mode }: Policy['authorities'],
  toldIn: ReadonlySet<string>,
  readClasses: () => Promise<ReadonlyMap<string, NodeClassState>>,
  onTrouble: (error: unknown) => void,
): Promise<Rotations> {
  const isLeft = (cluster: string): boolean =>
    mode === 'off' || !names.includes(cluster) || decided.get(cluster)?.isLeftAlone === true;
  const clusters = new Map(observations.map(({ cluster }) => [cluster.name, cluster]));
  const watched = [...clusters.keys()].filter((cluster) => !isLeft(cluster));
  const authorities = await readAuthorities(clients.eks, watched);
  const known = rotationsOf(authorities);
  // Whether nodes trust the newest authority is known only from nodes and groups, so these are read only then.
  const rotations = new Map([...known].filter(([, { former }]) => former.length > 0));
  const judgedBy = new Map([...known].filter(([cluster]) => rotations.has(cluster) || toldIn.has(cluster)));
  const read = [...judgedBy.keys()];
  const launched = read.length === 0 ? [] : await readLaunches(clients.ec2, read);
  const readSource = createSourceReader(clients.ec2);
  const ofClasses = read.length === 0 ? new Map() : await readClasses();
  const ofGroups = await readGroupLaunches(clients, readSource, read, launched, onTrouble);
  const groups = new Map(
    [...ofGroups].map(([cluster, here]) => [cluster, [...here, ...classLaunches(ofClasses, cluster)]]),
  );
  const nodes = await judged(launched, rotations, groups, readSource);
  return { clusters, isLeft, authorities, rotations, judgedBy, nodes, groups };
}

/** The newest authority of each cluster, with those before it. */
const rotationsOf = (authorities: ReadonlyMap<string, Authorities>): Map<string, Rotation> =>
  new Map(
    [...authorities].flatMap(([cluster, reading]) => {
      const rotation = reading.kind === 'found' ? rotationOf(reading.found) : undefined;
      return rotation === undefined ? [] : [[cluster, rotation]];
    }),
  );

/** Judges the user data of nodes that were launched since the newest authority was added. */
const judged = (
  launched: readonly Launched[],
  rotations: ReadonlyMap<string, Rotation>,
  groups: Rotations['groups'],
  readSource: SourceReader,
): Promise<JudgedNode[]> =>
  pMap(
    launched,
    async (node) => {
      const rotation = rotations.get(node.cluster);
      if (rotation === undefined || node.launchedAt < rotation.addedAt) return node;
      const source = await sourceOf(node, groups, readSource);
      return source === undefined ? node : { ...node, verdict: judgeSource(source, rotation) };
    },
    { concurrency: READ_CONCURRENCY },
  );

/**
 * What a node was launched from; undefined where its user data is that of EKS or Karpenter, or nobody can tell. A node
 * of a self-managed group without a template was launched from a launch configuration, which only its group names.
 */
async function sourceOf(
  { id, cluster, nodegroup, template }: Launched,
  groups: Rotations['groups'],
  readSource: SourceReader,
): Promise<LaunchSource | UnreadSource | undefined> {
  if (template !== undefined) return readSource(template.id, template.version);
  const group = groups.get(cluster)?.find((each) => each.nodegroup === nodegroup);
  if (group?.launchedFrom === undefined) return undefined;
  const why = 'Auto Scaling does not show what the node was launched from.';
  return group.launchedFrom.get(id) ?? { kind: 'unread', why, code: 'launched from', isThrottled: false };
}
