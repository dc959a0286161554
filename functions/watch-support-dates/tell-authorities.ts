import pMap from 'p-map';
import { keyOf, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { orderReplacement } from '../shared/ledger/replacement-orders.ts';
import { NOTHING_TOLD, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { type Authorities, type Launched, readAuthorities, readLaunches } from './authorities.ts';
import type { Decision } from './decide.ts';
import { decideAuthority, isRotating, type JudgedNode } from './decide-authority.ts';
import { decideUserData, judgeSource, mayLackTrust } from './decide-user-data.ts';
import type { DecidedFleet, TellDeps } from './decided-fleet.ts';
import { createSourceReader, type GroupLaunches, readGroupLaunches, type SourceReader } from './group-launches.ts';
import type { Policy } from './policy.ts';
import { ordersFor } from './replacements.ts';
import { type Rotation, rotationOf } from './rotation.ts';
import {
  readAuthorityTold,
  readUserDataTold,
  saveAuthorityTold,
  saveUserDataTold,
  type Told,
} from './support-ledger.ts';

/**
 * Records which nodes do not trust the newest certificate authority of their cluster, and which groups have user data
 * that embeds a former one.
 */
export async function tellAuthorities(
  deps: TellDeps,
  trigger: Trigger,
  { names, observations, decided }: DecidedFleet,
  { authorities: { mode, margin } }: Policy,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const now = deps.clock.now();
  const isLeft = (cluster: string): boolean =>
    mode === 'off' || !names.includes(cluster) || decided.get(cluster)?.isLeftAlone === true;
  const clusters = new Map(observations.map(({ cluster }) => [cluster.name, cluster]));
  const watched = [...clusters.keys()].filter((cluster) => !isLeft(cluster));
  const authorities = await readAuthorities(deps.eks, watched);
  const rotations = rotationsOf(authorities);
  const rotating = [...rotations.keys()];
  const launched = rotating.length === 0 ? [] : await readLaunches(deps.ec2, rotating);
  const readSource = createSourceReader(deps.ec2);
  const nodes = await judged(launched, rotations, readSource);
  const groups = await readGroupLaunches(deps, readSource, rotating, launched, onTrouble);
  const all = [...groups.values()].flat();
  const orders = mode === 'enforce' ? ordersFor(all, nodes, rotations, margin, now) : new Map<string, never>();
  const given: string[] = [];
  for (const [subject, order] of orders) {
    await orderReplacement(deps.ledger, subject, order).then(() => given.push(subject), onTrouble);
  }
  const known = await readAuthorityTold(deps.ledger);
  const tellOf = async (cluster: string): Promise<void> => {
    const read = authorities.get(cluster);
    const takesHybridNodes = clusters.get(cluster)?.remoteNetworkConfig !== undefined;
    const lacking = lackingOf(groups.get(cluster), rotations.get(cluster));
    const ordered = given.map(keyOf).filter((group) => group.cluster === cluster);
    const trusting = {
      cluster,
      nodes,
      lacking,
      takesHybridNodes,
      margin,
      ordered: ordered.map(({ nodegroup }) => nodegroup),
    };
    const decision = isLeft(cluster) ? AUTHORITY_OVER : read && decideAuthority(read, trusting, now);
    if (decision === undefined) return;
    const about = {
      subject: { cluster },
      trigger,
      incident: `certificate authority ${cluster}`,
      check: 'certificate-authority',
    };
    const save = (state: Told, writer: string) =>
      saveAuthorityTold(deps.ledger, cluster, state, deps.clock.now(), writer);
    await tellOnce(deps, known.get(cluster) ?? NOTHING_TOLD, about, decision, save);
  };
  for (const cluster of new Set([...watched, ...known.keys()])) await tellOf(cluster).catch(onTrouble);

  const byGroup = new Map(all.map((group) => [subjectOf(group), group]));
  const told = await readUserDataTold(deps.ledger);
  /** Whether it is known that the group needs nothing: it is left alone, gone, or no successor is there. */
  const isOver = (cluster: string): boolean =>
    isLeft(cluster) || (rotations.has(cluster) ? groups.has(cluster) : authorities.get(cluster)?.kind === 'found');
  const decisionOn = (subject: string): Decision | undefined => {
    const { cluster } = keyOf(subject);
    const [group, rotation] = [byGroup.get(subject), rotations.get(cluster)];
    if (group !== undefined && rotation !== undefined) {
      return decideUserData(group, rotation, clusters.get(cluster)?.certificateAuthority?.data);
    }
    return isOver(cluster) ? USER_DATA_OVER : undefined;
  };
  const tellOfGroup = async (subject: string): Promise<void> => {
    const decision = decisionOn(subject);
    if (decision === undefined) return;
    const about = {
      subject: keyOf(subject),
      trigger,
      incident: `user data ${subject}`,
      check: 'authority-in-user-data',
    };
    const save = (state: Told, writer: string) =>
      saveUserDataTold(deps.ledger, subject, state, deps.clock.now(), writer);
    await tellOnce(deps, told.get(subject) ?? NOTHING_TOLD, about, decision, save);
  };
  for (const subject of new Set([...byGroup.keys(), ...told.keys()])) await tellOfGroup(subject).catch(onTrouble);
}

/** The rotations that are under way, by cluster. */
const rotationsOf = (authorities: ReadonlyMap<string, Authorities>): Map<string, Rotation> =>
  new Map(
    [...authorities].flatMap(([cluster, reading]) => {
      const rotation = reading.kind === 'found' && isRotating(reading) ? rotationOf(reading.found) : undefined;
      return rotation === undefined || rotation.former.length === 0 ? [] : [[cluster, rotation]];
    }),
  );

/** Judges the user data of nodes that were launched since the newest authority was added. */
const judged = (
  launched: readonly Launched[],
  rotations: ReadonlyMap<string, Rotation>,
  readSource: SourceReader,
): Promise<JudgedNode[]> =>
  pMap(
    launched,
    async (node) => {
      const rotation = rotations.get(node.cluster);
      if (rotation === undefined || node.template === undefined || node.launchedAt < rotation.addedAt) return node;
      const source = await readSource(node.template.id, node.template.version);
      return { ...node, verdict: judgeSource(source, rotation) };
    },
    { concurrency: READ_CONCURRENCY },
  );

/**
 * The groups of a cluster whose next nodes would not trust its newest authority; undefined where the groups are not
 * known, or AWS throttles the look at one of them.
 */
function lackingOf(
  here: readonly GroupLaunches[] | undefined,
  rotation: Rotation | undefined,
): readonly string[] | undefined {
  if (here === undefined) return undefined;
  if (here.some(({ sources }) => sources.some((each) => each.kind === 'unread' && each.isThrottled))) return undefined;
  return rotation === undefined
    ? []
    : here.filter((group) => mayLackTrust(group, rotation)).map(({ nodegroup }) => nodegroup);
}

const AUTHORITY_OVER: Decision = {
  decision: 'done',
  reason: 'authority-lasts',
  message: 'The cluster does not exist any more, or is left alone.',
  variant: 'over',
};

const USER_DATA_OVER: Decision = {
  decision: 'done',
  reason: 'user-data-trusts',
  message: 'The group does not exist any more, or is left alone, or no certificate authority is being rotated.',
  variant: 'over',
};
