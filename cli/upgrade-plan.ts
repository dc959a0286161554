import { createClusterReader, listClusters, listNodeGroups } from '../functions/shared/fleet/fleet.ts';
import { observeGates } from '../functions/shared/gates/observe-gates.ts';
import { readBudget } from '../functions/shared/ledger/blast-budget.ts';
import { readNodeClassStates } from '../functions/shared/ledger/node-class-ledger.ts';
import { subjectOf } from '../functions/shared/ledger/node-group-key.ts';
import { planIn } from '../functions/shared/ledger/proposal.ts';
import { readRemembered } from '../functions/shared/ledger/refresh-ledger.ts';
import { byTurn, type Contender } from '../functions/shared/ledger/turn-order.ts';
import { type InvalidPolicy, isInvalid } from '../functions/shared/policy/policy.ts';
import type { DecisionKind } from '../functions/shared/records/record.ts';
import { withUnreadableClasses } from '../functions/shared/rollouts/all-groups.ts';
import { isHastened } from '../functions/shared/rollouts/hastened.ts';
import { rolloutsIn } from '../functions/shared/rollouts/waves.ts';
import { visible } from '../functions/shared/text/visible.ts';
import type { Scope } from '../functions/upgrade-node-groups/batch.ts';
import { decide } from '../functions/upgrade-node-groups/decide/decide.ts';
import { circumstancesOf } from '../functions/upgrade-node-groups/model/circumstances.ts';
import type { Circumstances, Decision } from '../functions/upgrade-node-groups/model/decision.ts';
import type { Observation } from '../functions/upgrade-node-groups/model/observation.ts';
import { observeNodeGroups } from '../functions/upgrade-node-groups/observe/observe.ts';
import { observePreflights } from '../functions/upgrade-node-groups/observe/observe-preflight.ts';
import { FINDING_CALLS, observeUnmanaged } from '../functions/upgrade-node-groups/observe/observe-unmanaged.ts';
import { fleetAtHand } from '../functions/upgrade-node-groups/plan/fleet-at-hand.ts';
import { type Decided, plan } from '../functions/upgrade-node-groups/plan/plan.ts';
import { planLooking } from '../functions/upgrade-node-groups/plan/plan-looking.ts';
import { readReplacements } from '../functions/upgrade-node-groups/plan/waitlist-reading.ts';
import type { Policy } from '../functions/upgrade-node-groups/policy.ts';
import { accountOf } from './account.ts';
import type { Surroundings } from './command.ts';
import { HELD_BY_PODS, wasHeldByPods } from './held-by-pods.ts';
import { inWave, timesByWave } from './plan-by-wave.ts';
import { readingLedger } from './reading-ledger.ts';
import { readUpgradePolicy } from './upgrade-policy.ts';

/** The decision of `upgrade-node-groups` about one subject at this moment. */
export interface PlannedUpgrade {
  readonly cluster: string;
  readonly nodegroup: string;
  /** The decision; `would-act` where the function would only propose the upgrade. */
  readonly decision: DecisionKind;
  readonly reason: string;
  readonly message: string;
  /** Place in the waitlist, from 1; absent where the node group is not in it. */
  readonly place?: number;
  /** Name of its wave; absent where the policy has none, or the node group is not in the waitlist. */
  readonly wave?: string;
  /** Id of the plan to approve; absent where none is needed, or nothing is proposed yet. */
  readonly plan?: string;
  /** Earliest start, epoch milliseconds; absent where it is unknown, or the node group is not in the waitlist. */
  readonly notBefore?: number;
}

export interface UpgradePlan {
  readonly upgrades: readonly PlannedUpgrade[];
  /** What could not be read, and why. */
  readonly unread: readonly string[];
}

/**
 * Observes the whole fleet and decides like the function, but does not act, and calls nothing that changes anything. It
 * costs a call per cluster and node group, and the pages of lists.
 */
export async function planUpgrades({
  clients,
  stack,
  clock,
  note,
}: Pick<Surroundings, 'clients' | 'stack' | 'clock' | 'note'>): Promise<UpgradePlan> {
  const { eks } = clients;
  const ledger = readingLedger({ clients, stack, note });
  const now = clock.now();
  const trigger = { id: 'plan', type: 'plan', time: now };
  const clusters = await listClusters(eks);
  const { nodeGroups, unreadable } = await listNodeGroups(eks, clusters);
  const scope: Scope = {
    pairs: new Map(),
    clusters: new Map(clusters.map((name) => [name, trigger])),
    nodeGroups: new Map(nodeGroups.map((key) => [subjectOf(key), { key, trigger }])),
    requests: new Map(),
  };
  const readCluster = createClusterReader(eks, 'tell');
  const observing = { ...clients, ledger };
  const policy = await readUpgradePolicy({ clients, stack, clock });
  const [gates, account, budget, selfManaged, nodeClasses, managed, unmanaged] = await Promise.all([
    observeGates(clients, policy),
    accountOf(clients),
    readBudget(ledger, 'upgrades'),
    readRemembered(ledger),
    readNodeClassStates(ledger),
    observeNodeGroups(observing, readCluster, scope, now, policy),
    observeUnmanaged(observing, readCluster, scope),
  ]);
  const observations = [...managed, ...unmanaged.observations];
  for (const [call, unread] of unmanaged.calls) {
    if (unread !== undefined) note(`${call} does not show ${FINDING_CALLS[call]}: ${visible(unread.error)}`);
  }
  // Later waves wait for classes that cannot be read in the ledger, too.
  const remembered = { selfManaged, nodeClasses: withUnreadableClasses(ledger, nodeClasses) };
  const known = {
    ...fleetAtHand(observations, remembered, policy),
    ...(await readReplacements({ ledger }, observations, policy, now)),
  };
  const circumstances = { policy, now, account, gates, slots: budget.slots, ...known };
  const look = async (starting: readonly Decided[]) => {
    const looks = await observePreflights(
      clients,
      starting.map(({ observation }) => observation),
      now,
    );
    // Clusters admit the function but not its operator, who therefore cannot read nodes and pods. The function reads
    // them before it starts.
    const held = new Set(
      starting.flatMap(({ observation }) =>
        wasHeldByPods(observation, circumstances) ? [subjectOf(observation.key)] : [],
      ),
    );
    return new Map(
      [...looks].map(([subject, seen]) => [
        subject,
        {
          ...seen,
          workloads: 'open' as const,
          blockers: held.has(subject) && seen.blockers.length === 0 ? [HELD_BY_PODS] : seen.blockers,
        },
      ]),
    );
  };
  const { preflights } = await planLooking(
    { look, readGates: async () => gates },
    observations,
    asIfActing(circumstances),
  );
  return {
    upgrades: plannedUpgrades(observations, { ...circumstances, preflights }),
    unread: [...unreadable].map(([cluster, { error }]) => `the node groups of ${cluster}: ${error}`),
  };
}

/**
 * The decisions about all node groups in order; a pure function. Upgrades in progress come first. Then come node groups
 * that start now, those that wait for a slot, and those that wait for their time, wave after wave. Those that are left
 * alone come last, with their reasons. Proposals of mode observe take the slots that their upgrades would take, so that
 * each has a place.
 */
export function plannedUpgrades(observations: readonly Observation[], circumstances: Circumstances): PlannedUpgrade[] {
  const asIfEnforced = asIfActing(circumstances);
  const { decided, rollouts } = plan(observations, asIfEnforced);
  const planned = decided.map(({ observation, decision }) => ({
    key: observation.key,
    decision,
    contender: contenderOf(observation, decision, asIfEnforced),
    inWave: inWave(observation, decision, asIfEnforced),
    // Mode observe in fact only proposes what would start.
    really: decide(observation, { ...circumstances, slots: {}, ...(rollouts !== undefined && { rollouts }) }),
  }));
  const mayStartAt = timesByWave(
    planned.flatMap((each) => each.inWave ?? []),
    circumstances.now,
  );
  const ordered = planned
    .map((each, index) => ({
      ...each,
      index,
      rank: rankOf(each.decision),
      wave: each.inWave?.place ?? 0,
      time: mayStartAt.get(subjectOf(each.key)) ?? 0,
    }))
    .toSorted(
      (a, b) =>
        a.rank - b.rank || (a.rank === WAITS_FOR_ITS_TIME ? a.wave - b.wave || a.time - b.time : 0) || whoseTurn(a, b),
    );
  let places = 0;
  return ordered.map(({ key, decision, really, rank, inWave: ofWave, time }): PlannedUpgrade => {
    const isProposed = really.decision === 'would-act';
    const isInLine = decision.turn !== undefined;
    if (isInLine) places += 1;
    const { reason, message } = isProposed && decision.start !== undefined ? really : decision;
    return {
      cluster: key.cluster,
      nodegroup: key.nodegroup,
      decision: isProposed ? 'would-act' : decision.decision,
      reason,
      message,
      ...planIn('upgrade-node-groups', key, really),
      ...(isInLine && { place: places }),
      ...(ofWave?.name !== undefined && { wave: ofWave.name }),
      ...(rank === WAITS_FOR_ITS_TIME && time > circumstances.now && { notBefore: time }),
    };
  });
}

const WAITS_FOR_ITS_TIME = 3;
const ROOM: ReadonlySet<string> = new Set(['cluster-concurrency', 'account-concurrency']);

/**
 * The order of decisions: in progress, starts, waits for a slot, waits for its time, in trouble, in order, left alone.
 */
function rankOf({ decision, reason, start, turn, memory }: Decision): number {
  if (start !== undefined) return 1;
  if (memory.upgrade !== undefined) return 0;
  if (turn !== undefined) return ROOM.has(reason) ? 2 : WAITS_FOR_ITS_TIME;
  const rest: readonly DecisionKind[] = ['waiting', 'failed', 'refused', 'acted', 'would-act', 'done', 'skipped'];
  return 4 + rest.indexOf(decision);
}

/** The facts that decide the order among those that wait for the same time. */
function contenderOf(
  { key, need, state, view }: Observation,
  { turn }: Decision,
  anywhere: Circumstances,
): Contender | undefined {
  if (turn === undefined) return undefined;
  const { policy, now } = circumstancesOf({ key, view }, anywhere);
  return { key, subject: subjectOf(key), isHastened: isHastened(need, policy, now), turn, since: state.since };
}

interface Ordered {
  readonly contender: Contender | undefined;
  readonly rank: number;
  readonly index: number;
}

/** Sorts node groups that wait for their time by their turn. All others keep the order of the decisions. */
const whoseTurn = (a: Ordered, b: Ordered): number =>
  a.rank === WAITS_FOR_ITS_TIME && a.contender !== undefined && b.contender !== undefined
    ? byTurn(a.contender, b.contender)
    : a.index - b.index;

/** The facts about waves where all node groups are observed, so that the ledger need not tell their progress. */
const rolloutsAtHand = ({ policy, rollouts }: Circumstances): Pick<Circumstances, 'rollouts'> =>
  isInvalid(policy) || policy.upgrades.waves.length === 0
    ? {}
    : { rollouts: rollouts ?? rolloutsIn(new Map(), policy) };

const asIfActing = (circumstances: Circumstances): Circumstances => ({
  ...circumstances,
  policy: enforced(circumstances.policy),
  ...rolloutsAtHand(circumstances),
});

/** The policy as if it acted wherever it proposes, and as if everything were approved. */
function enforced(policy: Policy | InvalidPolicy): Policy | InvalidPolicy {
  if (isInvalid(policy)) return policy;
  return {
    ...policy,
    upgrades: acting(policy.upgrades),
    overrides: (policy.overrides ?? []).map((override) =>
      override.upgrades === undefined ? override : { ...override, upgrades: acting(override.upgrades) },
    ),
  };
}

const acting = <Section>(section: Section): Section => {
  if (typeof section !== 'object' || section === null) return section;
  return {
    ...section,
    ...('mode' in section && section.mode === 'observe' && { mode: 'enforce' }),
    ...('approval' in section && { approval: 'none' }),
  };
};
