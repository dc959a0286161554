import { type Need, readNeeds } from '../../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { keyOf } from '../../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../../shared/policy/policy-at.ts';
import { type KnownRelease, readReleases } from '../../shared/releases/release-ledger.ts';
import { type AllGroups, readAllGroups } from '../../shared/rollouts/all-groups.ts';
import { isHastened } from '../../shared/rollouts/hastened.ts';
import { inWaves, readOrderedStates } from '../../shared/rollouts/ordered-groups.ts';
import { setbacksOf } from '../../shared/rollouts/setbacks.ts';
import type { Circumstances } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { nodesOrdered } from '../model/replacement.ts';
import type { Line, Waitlist } from '../moment/waitlist.ts';
import { type Policy, READS } from '../policy.ts';

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

/** Reads how all groups stand, where {@link needsFleet} says so. */
export async function readFleet(
  { ledger }: { readonly ledger: Ledger },
  observations: readonly Observation[],
  policy: Policy | InvalidPolicy,
): Promise<AllGroups | undefined> {
  return !isInvalid(policy) && needsFleet(observations, policy) ? readAllGroups(ledger) : undefined;
}

/** Reads how far ordered replacements are, where a wave may wait for them. */
export async function readReplacements(
  { ledger }: { readonly ledger: Ledger },
  observations: readonly Observation[],
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<Pick<Circumstances, 'replacements'>> {
  const mayWait = !isInvalid(policy) && policy.upgrades.waves.length > 0;
  if (!mayWait || observations.every((each) => nodesOrdered(each).length === 0)) return {};
  return { replacements: inWaves(await readOrderedStates(ledger, now), policy) };
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

/**
 * Whether another release or AMI is on offer for the group than it runs, its control plane is newer, or an upgrade runs.
 */
const mayMove = ({ view, state }: Observation): boolean =>
  state.upgrade !== undefined ||
  (view.kind === 'node-group' && (view.next !== undefined || offersAnother(view) || offersAnotherImage(view)));

const offersAnother = ({ target, releaseVersion }: NodeGroupView): boolean =>
  target.kind === 'release' && target.offered.at(-1)?.releaseVersion !== releaseVersion;

function offersAnotherImage({ custom }: NodeGroupView): boolean {
  if (custom?.wanted.kind !== 'named' || custom.present.kind !== 'found') return false;
  const { createdAt } = custom.present.found;
  return custom.wanted.candidates.some(({ image }) => image.createdAt > createdAt);
}

const withdrawnOf = ({ seen }: KnownRelease): string[] =>
  seen.filter(({ withdrawnAt }) => withdrawnAt !== undefined).map(({ releaseVersion }) => releaseVersion);

/**
 * The subjects on the waitlist whose findings hasten their upgrade, by the policy for their names. Their tags are not
 * known here: they only make the policy stricter, and then a subject says so itself.
 */
async function findUrgent(ledger: Ledger, waitlist: Waitlist, policy: Policy, now: number): Promise<Set<string>> {
  const needs = await readNeeds(ledger, [...waitlist.keys()]);
  const isUrgent = ([subject, need]: readonly [string, Need]): boolean =>
    isHastened(need, policyAt<typeof READS, Policy>(policy, placeOfGroup(keyOf(subject), undefined), READS), now);
  return new Set([...needs].filter(isUrgent).map(([subject]) => subject));
}
