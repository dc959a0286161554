import type { BlastBudget, Slot } from '../../shared/ledger/blast-budget.ts';
import { type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { byTurn, type Contender } from '../../shared/ledger/turn-order.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { withStateOf } from '../../shared/rollouts/breaker.ts';
import type { FleetFailures } from '../../shared/rollouts/fleet-failures.ts';
import { isHastened } from '../../shared/rollouts/hastened.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import type { Member, Rollouts } from '../../shared/rollouts/rollouts.ts';
import { placeOfWave, rememberedPlace, waveOf } from '../../shared/rollouts/wave-place.ts';
import { memberWith } from '../../shared/rollouts/waves.ts';
import { answer } from '../decide/answer.ts';
import { decide } from '../decide/decide.ts';
import { progressAfter } from '../decide/progress.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { isCarriedOut } from '../model/replacement.ts';
import { hasRoom, occupantsFor, roomOf } from '../moment/waitlist.ts';

/** How long a slot lasts unless a reconcile renews it, ms: three sweeps. */
const SLOT_LASTS = 3 * 3_600_000;

export interface Decided {
  readonly observation: Observation;
  readonly decision: Decision;
}

/** All decisions of one reconcile, and the slots as they are once the decisions hold. */
export interface Plan {
  readonly decided: readonly Decided[];
  readonly slots: BlastBudget['slots'];
  /** Whether others go before the observed subjects: those others are to be called. */
  readonly hasYielded: boolean;
  /** How the rollouts stand once the decisions hold, where they are known. */
  readonly rollouts?: Rollouts;
  /** Who has failed in the fleet once the decisions hold, where that is known. */
  readonly fleetFailures?: FleetFailures;
}

/**
 * Decides about all subjects of a reconcile, one after the other: each decision sees the slots that the decisions
 * before it took or gave back. Subjects that need no slot, or free one, come first; then those that could start, in
 * turn.
 *
 * @param line who else could start now: whose turn is before that of a subject at hand takes its slot first
 */
export function plan(
  observations: readonly Observation[],
  given: Circumstances,
  line: readonly Contender[] = [],
): Plan {
  const circumstances = withObserved(given, observations);
  const { preflights } = circumstances;
  let { slots, rollouts, fleetFailures } = circumstances;
  let pending = 0;
  const decided: Decided[] = [];
  const settle = (observation: Observation, ahead: readonly NodeGroupKey[]) => {
    const { request } = observation;
    const now = {
      ...circumstances,
      slots,
      ahead,
      ...(rollouts !== undefined && { rollouts }),
      ...(fleetFailures !== undefined && { fleetFailures }),
      ...(preflights !== undefined && { preflights: { ...preflights, pending } }),
    };
    const decision = request === undefined ? decide(observation, now) : answer(observation, request, now);
    slots = withSlot(slots, observation, decision, circumstances.now);
    fleetFailures &&= failuresAfter(fleetFailures, { observation, decision }, circumstances);
    if (decision.start !== undefined) {
      const [subject, member] = memberAfter(observation, decision, circumstances);
      if (member !== undefined) rollouts = rollouts?.withStart(subject, member);
    }
    if (decision.reason === 'preflight-pending') pending += 1;
    decided.push({ observation, decision });
    return decision;
  };

  const starting: Array<Contender & { readonly observation?: Observation }> = [];
  for (const observation of observations) {
    const contender = contenderOf(observation, circumstances);
    if (contender === undefined) settle(observation, []);
    else starting.push({ ...contender, observation });
  }
  const observed = new Set(observations.map(({ key }) => subjectOf(key)));
  const others: Array<(typeof starting)[number]> = line.filter(
    ({ subject }) => !observed.has(subject) && !(subject in slots),
  );
  const ahead: NodeGroupKey[] = [];
  let hasYielded = false;
  for (const { key, turn, observation } of [...starting, ...others].sort(byTurn)) {
    if (observation !== undefined) {
      const { start } = settle(observation, ahead);
      hasYielded ||= start === undefined && ahead.length > 0;
    } else if (hasRoomFor({ key, turn }, slots, ahead, circumstances)) ahead.push(key);
  }
  return {
    decided,
    slots,
    hasYielded,
    ...(rollouts !== undefined && { rollouts }),
    ...(fleetFailures !== undefined && { fleetFailures }),
  };
}

/** The circumstances with how the observed subjects stand now: what the ledger remembers of them is older. */
function withObserved(circumstances: Circumstances, observations: readonly Observation[]): Circumstances {
  const { rollouts, ...others } = circumstances;
  if (rollouts === undefined) return circumstances;
  const first = observations
    .filter(isOfUpgrades)
    .map((observation) => ({ observation, decision: decide(observation, { ...others, slots: {} }) }));
  const members = first.map(({ observation, decision }) => memberAfter(observation, decision, circumstances));
  const replacements = circumstances.replacements && replacementsAfter(circumstances.replacements, first);
  return { ...circumstances, rollouts: rollouts.with(members), ...(replacements && { replacements }) };
}

/** The groups with an order, once decisions about some of them hold. Those whose order is carried out are none of them. */
function replacementsAfter(before: readonly OrderedGroup[], decided: readonly Decided[]): OrderedGroup[] {
  const known = new Map(decided.map((each) => [subjectOf(each.observation.key), each]));
  return before.flatMap((group) => {
    const { observation, decision } = known.get(subjectOf(group.key)) ?? {};
    if (observation === undefined || decision === undefined) return [group];
    if (decision.memory.upgrade === undefined && isCarriedOut(observation)) return [];
    const isUnderWay = decision.memory.upgrade !== undefined;
    return [{ ...group, state: { ...group.state, isUnderWay, reason: decision.reason } }];
  });
}

/** Whether upgrades say how a subject stands. `refresh-groups` says that of self-managed groups. */
const isOfUpgrades = ({ view }: Observation): boolean => view.kind !== 'unmanaged';

/**
 * How a subject stands in the rollouts once a decision holds. A subject that is gone, or never was a member, is none.
 */
function memberAfter(
  observation: Observation,
  decision: Decision,
  circumstances: Circumstances,
): [string, Member | undefined] {
  const { view, state } = observation;
  const subject = subjectOf(observation.key);
  if (view.kind === 'gone' || view.kind === 'unmanaged') return [subject, undefined];
  const { policy: anywhere, now } = circumstances;
  const progress = progressAfter(observation, decision, anywhere, now);
  const wave = placeIn(observation, circumstances, progress);
  // The reason is provisional before the other subjects and the gates are seen, so the remembered one stands.
  const isProvisional = decision.isSilent || decision.dependsOnGates || decision.reason === 'earlier-wave';
  const reason = isProvisional ? state.reason : decision.reason;
  return [subject, memberWith(observation.key, wave, decision.memory, progress, reason)];
}

/** The place of a subject's wave. Where nobody can tell, all others wait for the subject. */
function placeIn(observation: Observation, circumstances: Circumstances, progress: Progress | undefined): number {
  const { policy: anywhere } = circumstances;
  const { policy } = circumstancesOf(observation, circumstances);
  if (isInvalid(anywhere) || isInvalid(policy)) return 0;
  const { key, view } = observation;
  return view.kind === 'node-group' ? placeOfWave(policy) : rememberedPlace(key, progress, anywhere);
}

/** Who has failed in the fleet once a decision holds. */
export function failuresAfter(
  known: FleetFailures,
  { observation, decision }: Decided,
  circumstances: Circumstances,
): FleetFailures {
  if (!isOfUpgrades(observation)) return known;
  const { memory, reason, lifts } = decision;
  const { policy } = circumstancesOf(observation, circumstances);
  // The tags of an unreadable group are not known: the group counts in the wave in which it was.
  const wave = isInvalid(policy) || observation.view.kind !== 'node-group' ? undefined : waveOf(policy)?.place;
  return withStateOf(known, observation.key, { ...memory, reason, ...(lifts !== undefined && { lifts }) }, wave);
}

const hasRoomFor = (
  { key, turn }: Pick<Contender, 'key' | 'turn'>,
  slots: BlastBudget['slots'],
  ahead: readonly NodeGroupKey[],
  { policy }: Circumstances,
): boolean => !isInvalid(policy) && hasRoom(occupantsFor(key, slots, ahead), roomOf(turn, policy.upgrades.concurrency));

/** A subject that would start if there were room; undefined for any other. */
function contenderOf(observation: Observation, circumstances: Circumstances): Contender | undefined {
  const { key, state, need, request } = observation;
  if (request !== undefined) return undefined;
  const { start, turn } = decide(observation, { ...circumstances, slots: {}, ahead: [] });
  if (start === undefined || turn === undefined) return undefined;
  const hastened = isHastened(need, circumstancesOf(observation, circumstances).policy, circumstances.now);
  return { key, subject: subjectOf(key), isHastened: hastened, turn, since: state.since };
}

/**
 * The slots after one decision. A subject with an upgrade holds a slot, and so does one that somebody else updates. Any
 * other subject gives its own slot back.
 */
export function withSlot(
  slots: BlastBudget['slots'],
  observation: Observation,
  decision: Decision,
  now: number,
): BlastBudget['slots'] {
  const subject = subjectOf(observation.key);
  const held: Slot | undefined = slots[subject];
  const kind = slotFor(observation, decision, held, now);
  if (kind === undefined) {
    if (held === undefined) return slots;
    return Object.fromEntries(Object.entries(slots).filter(([holder]) => holder !== subject));
  }
  const isSame = held !== undefined && held.foreign === kind.foreign && held.stuck === kind.stuck;
  // A slot is renewed at half time only: an upgrade that is looked at every few minutes must not cost a write each
  // time.
  if (isSame && held.expiresAt - now > SLOT_LASTS / 2) return slots;
  return { ...slots, [subject]: { cluster: observation.key.cluster, expiresAt: now + SLOT_LASTS, ...kind } };
}

/** The slots with one more for a node group that somebody else was found to update. */
export const withForeign = (slots: BlastBudget['slots'], key: NodeGroupKey, now: number): BlastBudget['slots'] => ({
  ...slots,
  [subjectOf(key)]: { cluster: key.cluster, expiresAt: now + SLOT_LASTS, foreign: true },
});

function slotFor(
  { view }: Observation,
  { memory: { upgrade }, reason }: Decision,
  held: Slot | undefined,
  now: number,
): Pick<Slot, 'foreign' | 'stuck'> | undefined {
  if (view.kind === 'unreadable') {
    // Nobody knows whether the update of an unreadable group has ended. Ours counts as long as it may take, a foreign
    // one as long as its slot was good for.
    if (upgrade !== undefined) return upgrade.dueBy === undefined || upgrade.dueBy > now ? {} : undefined;
    return held?.foreign === true && held.expiresAt > now + SLOT_LASTS / 2 ? { foreign: true } : undefined;
  }
  const stuck = reason === 'upgrade-stuck' || reason === 'update-stuck' ? ({ stuck: true } as const) : {};
  if (upgrade !== undefined) return stuck;
  return view.kind === 'node-group' && view.status === 'UPDATING' ? { foreign: true, ...stuck } : undefined;
}
