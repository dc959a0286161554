import { readNodeClassStates } from '../shared/ledger/node-class-ledger.ts';
import { keyOf } from '../shared/ledger/node-group-key.ts';
import { orderReplacement, readReplacementOrders } from '../shared/ledger/replacement-orders.ts';
import { NOTHING_TOLD, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { readReplacementStates } from '../shared/rollouts/ordered-groups.ts';
import type { Decision } from './decide.ts';
import { decideAuthority, type OrderedGroup } from './decide-authority.ts';
import { mayLackTrust } from './decide-user-data.ts';
import type { DecidedFleet, TellDeps } from './decided-fleet.ts';
import type { GroupLaunches } from './group-launches.ts';
import { observeRotations, type Rotations } from './observe-rotations.ts';
import type { Policy } from './policy.ts';
import { ordersFor } from './replacements.ts';
import type { Rotation } from './rotation.ts';
import { readAuthorityTold, readUserDataTold, saveAuthorityTold, type Told } from './support-ledger.ts';
import { tellUserData } from './tell-user-data.ts';

/**
 * Records which nodes do not trust the newest certificate authority of their cluster, and which groups have user data
 * that embeds a former one. Nodes of managed and self-managed groups that are due are ordered to be replaced where the
 * policy says so.
 */
export async function tellAuthorities(
  deps: TellDeps,
  trigger: Trigger,
  fleet: DecidedFleet,
  { authorities: policy }: Policy,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const told = await readUserDataTold(deps.ledger);
  const open = [...told].filter(([, { correlationId }]) => correlationId !== undefined);
  const toldIn = new Set(open.map(([subject]) => keyOf(subject).cluster));
  const readClasses = () => readNodeClassStates(deps.ledger);
  const seen = await observeRotations(deps, fleet, policy, toldIn, readClasses, onTrouble);
  const ordered = await orderReplacements(deps, seen, policy, onTrouble);
  await tellClusters(deps, trigger, { seen, ordered, policy }, onTrouble);
  await tellUserData(deps, trigger, { ...seen, told }, onTrouble);
}

/** @returns the groups that an order was given for, with what is known of it */
async function orderReplacements(
  { ledger, clock }: TellDeps,
  { groups, nodes, rotations }: Rotations,
  { mode, margin }: Policy['authorities'],
  onTrouble: (error: unknown) => void,
): Promise<readonly OrderedGroup[]> {
  if (mode !== 'enforce' || rotations.size === 0) return [];
  const now = clock.now();
  const known = await readReplacementOrders(ledger, now);
  const orders = ordersFor([...groups.values()].flat(), nodes, rotations, { margin, known, now });
  const states = await readReplacementStates(ledger, [...orders.keys()]);
  const given: OrderedGroup[] = [];
  for (const [subject, order] of orders) {
    const isLate = order.lateFrom !== undefined && order.lateFrom <= now;
    const group = { ...keyOf(subject), isLate, reason: states.get(subject)?.reason };
    await orderReplacement(ledger, subject, order).then(() => given.push(group), onTrouble);
  }
  return given;
}

interface Ordered {
  readonly seen: Rotations;
  readonly ordered: readonly OrderedGroup[];
  readonly policy: Policy['authorities'];
}

async function tellClusters(
  deps: TellDeps,
  trigger: Trigger,
  { seen, ordered, policy: { margin } }: Ordered,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const { clusters, isLeft, authorities, rotations, nodes, groups } = seen;
  const known = await readAuthorityTold(deps.ledger);
  const now = deps.clock.now();
  const tellOf = async (cluster: string): Promise<void> => {
    const read = authorities.get(cluster);
    const trusting = {
      cluster,
      nodes,
      lacking: lackingOf(groups.get(cluster), rotations.get(cluster)),
      takesHybridNodes: clusters.get(cluster)?.remoteNetworkConfig !== undefined,
      margin,
      ordered: ordered.filter((group) => group.cluster === cluster),
    };
    const decision = isLeft(cluster) ? AUTHORITY_OVER : read && decideAuthority(read, trusting, now);
    if (decision === undefined) return;
    const incident = `certificate authority ${cluster}`;
    const about = { subject: { cluster }, trigger, incident, check: 'certificate-authority' };
    const save = (state: Told, writer: string) =>
      saveAuthorityTold(deps.ledger, cluster, state, deps.clock.now(), writer);
    await tellOnce(deps, known.get(cluster) ?? NOTHING_TOLD, about, decision, save);
  };
  for (const cluster of new Set([...authorities.keys(), ...known.keys()])) await tellOf(cluster).catch(onTrouble);
}

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
