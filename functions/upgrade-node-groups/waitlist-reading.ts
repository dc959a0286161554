import { readNeeds } from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readAllNodeGroups } from '../shared/ledger/node-group-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { type KnownRelease, readReleases } from '../shared/releases/release-ledger.ts';
import type { NodeGroupView, Observation } from './observation.ts';
import { isHastened } from './pace.ts';
import type { Policy } from './policy.ts';
import { setbacksOf } from './setbacks.ts';
import type { Line, Waitlist } from './waitlist.ts';

/**
 * Reads who waits for a turn.
 *
 * @param fleet what was read of all node groups
 */
export async function readLine(
  { ledger }: { readonly ledger: Ledger },
  policy: Policy,
  now: number,
  fleet: Waitlist,
): Promise<Line> {
  const waitlist = new Map([...fleet].filter(([, { turn }]) => turn !== undefined));
  const [urgent, releases] = await Promise.all([findUrgent(ledger, waitlist, policy, now), readReleases(ledger)]);
  return { waitlist, urgent, withdrawn: new Map([...releases].map(([pair, known]) => [pair, withdrawnOf(known)])) };
}

/** Reads how all node groups stand, where {@link needsFleet} says so. */
export async function readFleet(
  { ledger }: { readonly ledger: Ledger },
  observations: readonly Observation[],
  policy: Policy | InvalidPolicy,
): Promise<Waitlist | undefined> {
  return !isInvalid(policy) && needsFleet(observations, policy) ? readAllNodeGroups(ledger) : undefined;
}

/**
 * Whether a decision needs to know how all node groups stand. A breaker may have tripped where an observed subject has
 * failed. An operator's request may be about a breaker. Waves matter where an observed subject could move.
 */
export const needsFleet = (observations: readonly Observation[], { upgrades }: Policy): boolean =>
  observations.some((each) => mayHaveTripped(each) || (upgrades.waves.length > 0 && mayMove(each)));

const mayHaveTripped = ({ view, state, request }: Observation): boolean =>
  request !== undefined ||
  setbacksOf(state).length > 0 ||
  (view.kind === 'node-group' && view.update?.kind === 'failed');

/** Whether another release is on offer for the group than it runs, its control plane is newer, or an upgrade runs. */
const mayMove = ({ view, state }: Observation): boolean =>
  state.upgrade !== undefined || (view.kind === 'node-group' && (view.next !== undefined || offersAnother(view)));

const offersAnother = ({ target, releaseVersion }: NodeGroupView): boolean =>
  target.kind === 'release' && target.offered.at(-1)?.releaseVersion !== releaseVersion;

const withdrawnOf = ({ seen }: KnownRelease): string[] =>
  seen.filter(({ withdrawnAt }) => withdrawnAt !== undefined).map(({ releaseVersion }) => releaseVersion);

/** The subjects on the waitlist whose findings hasten their upgrade. */
async function findUrgent(ledger: Ledger, waitlist: Waitlist, policy: Policy, now: number): Promise<Set<string>> {
  const needs = await readNeeds(ledger, [...waitlist.keys()]);
  return new Set([...needs].filter(([, need]) => isHastened(need, policy, now)).map(([subject]) => subject));
}
