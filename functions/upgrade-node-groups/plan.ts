import type { BlastBudget, Slot } from '../shared/ledger/blast-budget.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import { isHastened } from './pace.ts';
import { byWaiting } from './waitlist.ts';

/** How long a slot is good for without being looked at, ms: three sweeps. */
const SLOT_LASTS = 3 * 3_600_000;

export interface Decided {
  readonly observation: Observation;
  readonly decision: Decision;
}

/** All decisions of one reconcile, and the slots as they are once the decisions hold. */
export interface Plan {
  readonly decided: readonly Decided[];
  readonly slots: BlastBudget['slots'];
}

/**
 * Decides about all subjects of a reconcile, one after the other: each sees the slots that those before it took or gave
 * back. Upgrades under way come first, for what they free; then urgent findings, then those that have not failed, then
 * those that have waited longest, then the oldest release.
 */
export function plan(observations: readonly Observation[], circumstances: Circumstances): Plan {
  let slots = circumstances.slots;
  const decided = observations.toSorted(byTurn(circumstances)).map((observation) => {
    const { request } = observation;
    const now = { ...circumstances, slots };
    const decision = request === undefined ? decide(observation, now) : answer(observation, request, now);
    slots = withSlot(slots, observation, decision, circumstances.now);
    return { observation, decision };
  });
  return { decided, slots };
}

/** The slots after one decision: a subject with an upgrade holds one, any other gives its own back. */
export function withSlot(
  slots: BlastBudget['slots'],
  { key }: Observation,
  { memory }: Decision,
  now: number,
): BlastBudget['slots'] {
  const subject = subjectOf(key);
  const held: Slot | undefined = slots[subject];
  if (memory.upgrade === undefined) {
    if (held === undefined) return slots;
    return Object.fromEntries(Object.entries(slots).filter(([holder]) => holder !== subject));
  }
  // Renewed at half time only: an upgrade that is looked at every few minutes must not cost a write each time.
  if (held !== undefined && held.expiresAt - now > SLOT_LASTS / 2) return slots;
  return { ...slots, [subject]: { cluster: key.cluster, expiresAt: now + SLOT_LASTS } };
}

const byTurn =
  ({ policy, now }: Circumstances) =>
  (a: Observation, b: Observation): number =>
    Number(isUnderWay(b)) - Number(isUnderWay(a)) ||
    Number(isHastened(b.need, policy, now)) - Number(isHastened(a.need, policy, now)) ||
    byWaiting(a.state, b.state) ||
    byRelease(a, b) ||
    compareText(subjectOf(a.key), subjectOf(b.key));

/** Whether an upgrade that was asked for may be running. One that EKS knows nothing of has yet to be started. */
function isUnderWay({ state, view }: Observation): boolean {
  const neverBegan = view.kind === 'node-group' && view.update?.kind === 'absent' && view.status !== 'UPDATING';
  return state.upgrade !== undefined && !neverBegan;
}

function byRelease({ view: a }: Observation, { view: b }: Observation): number {
  if (a.kind !== 'node-group' || b.kind !== 'node-group' || a.amiType !== b.amiType) return 0;
  return compareReleases(a.amiType, a.releaseVersion, b.releaseVersion) ?? 0;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
