import type { ClassProgress } from '../shared/ledger/node-class-ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { type Pair, pairKey } from '../shared/releases/ami-type.ts';
import { changedMembers, type Members } from '../shared/rollouts/node-classes.ts';
import { leftByPolicy, runsAfter, seen, stillLeft, unread } from '../shared/rollouts/progress.ts';
import { waveByTags, waveOf } from '../shared/rollouts/wave-place.ts';
import { aliasOf, compareVersions, selectionOf, versionOfRelease } from './alias.ts';
import type { Decision, Observation } from './decision.ts';
import type { ClassView } from './node-class.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** Why no release comes to a class from here, for as long as that holds: a rollout does not wait for it. */
const LEFT_ALONE: ReadonlySet<Reason> = new Set<Reason>([
  'opted-out',
  'unknown-cluster',
  'auto-mode',
  'ami-terms-custom',
  'ami-alias-left-alone',
  'ami-alias-ended',
  'node-release-unknown',
  'node-class-gone',
]);

/** What is said of a class that stays as it is pinned. */
const STANDS: ReadonlySet<Reason> = new Set<Reason>([
  'node-class-current',
  'node-class-drift-barred',
  'node-class-drift-slow',
  'node-class-drifting',
  'node-class-runs-withdrawn',
  'node-class-unwell',
]);

/** The policy of the account, and the one that holds where the class is. */
interface Policies {
  readonly anywhere: Policy | InvalidPolicy;
  readonly here: Policy | InvalidPolicy;
}

type Decided = Pick<Decision, 'reason' | 'write' | 'made' | 'proposal'>;

/**
 * How a class stands in the rollouts of its releases once a decision holds; a pure function. It is undefined where
 * nobody waits for the class: it is gone or left alone, or the policy has no waves. One that only the policy leaves
 * alone, or that it only has proposed, is remembered, because nobody knows what another version of the policy does with
 * it until a look.
 */
export function progressAfter(
  { key, view, state }: Observation,
  decided: Decided,
  { anywhere, here }: Policies,
  now: number,
): ClassProgress[] | undefined {
  const before = state.progress;
  const { reason, write } = decided;
  if (isInvalid(anywhere) || isInvalid(here) || reason === 'kill-switch') return before;
  const wave = waveOf(here);
  const { mode } = here.nodeClasses;
  if (wave === undefined || LEFT_ALONE.has(reason)) return undefined;
  if (mode === 'off' || reason === 'out-of-scope') return before?.map((each) => ({ ...each, ...leftByPolicy(here) }));
  if (view.kind !== 'class') {
    return before?.map(({ taking, ...each }) => ({
      ...unread(each, now),
      ...(taking !== undefined && { taking }),
      ...stillLeft(each, mode === 'observe', here),
    }));
  }
  const isProposed = mode === 'observe' && isOnlyProposed(view, decided);
  // What overrides by name say is looked up in the policy: it may say something else by then.
  const named = waveByTags(wave, key, anywhere);
  return view.pairs.flatMap((pair) => {
    const known = before?.find((each) => each.pair === pairKey(pair));
    const stands = standingOf(view, pair, { known, write, now });
    return stands === undefined ? [] : [{ ...stands, ...named, ...(isProposed && leftByPolicy(here)) }];
  });
}

/**
 * Whether pins of a class are only proposed, so that it may never take a release. A pin that is approved, or that
 * Karpenter carries out, is more than a proposal, and so is one that was carried out until the next is proposed.
 */
function isOnlyProposed({ selection, running }: ClassView, { reason, write, made, proposal }: Decided): boolean {
  if (write !== undefined || proposal?.ruling?.kind === 'approved') return false;
  const pinned = selection.kind === 'pins' ? selection : undefined;
  if (pinned === undefined || made?.alias !== aliasOf(pinned.family, pinned.version)) return true;
  return !STANDS.has(reason) && running.every(({ version }) => version === pinned.version);
}

/** The change of what a class counts for others once a decision holds. */
export const membersAfter = (
  observation: Observation,
  decision: Decided & Pick<Decision, 'silent'>,
  policies: Policies & { readonly anywhere: Policy },
  now: number,
): Members =>
  changedMembers(
    subjectOf(observation.key),
    observation.state,
    {
      progress: progressAfter(observation, decision, policies, now),
      reason: decision.silent ? observation.state.reason : decision.reason,
    },
    policies.anywhere,
  );

/**
 * How a class stands to the releases of one pair. It runs the oldest release that one of its nodes runs: the pinned one
 * counts once Karpenter has replaced all others.
 */
function standingOf(
  view: ClassView,
  pair: Pair,
  { known, write, now }: { known: ClassProgress | undefined; write: Decided['write']; now: number },
): ClassProgress | undefined {
  const selection = write === undefined ? view.selection : selectionOf(write);
  const pinned = selection.kind === 'pins' ? selection.version : undefined;
  const [oldest = pinned, ...others] = view.running.map(({ version }) => version).toSorted(compareVersions);
  if (oldest === undefined) return undefined;
  const isMoving = pinned !== undefined && (oldest !== pinned || others.some((version) => version !== pinned));
  const healthFrom = (before: ClassProgress['health'] | undefined): ClassProgress['health'] => {
    if (view.troubles.length > 0) return 'unhealthy';
    // Nodes are bound to differ while Karpenter replaces them.
    if (isMoving) return before ?? 'well';
    const isMixed = view.runsOtherKubernetes === true || others.some((version) => version !== oldest);
    return isMixed ? 'mixed' : 'well';
  };
  const runs = runsAfter(known, releaseOf(view, pair, oldest, known), healthFrom, undefined, now);
  const taking = isMoving ? { taking: releaseOf(view, pair, pinned) } : {};
  return { ...seen({ pair: pairKey(pair), ...runs }, known, now), ...taking };
}

/**
 * EKS's name for the release of a pair that a version of an alias names. For one that is not on offer, it is a name
 * with the same order.
 *
 * @param known how the class stood before: the name that was known then stays while Amazon's releases cannot be read
 */
export function releaseOf({ offer }: ClassView, pair: Pair, version: string, known?: ClassProgress): string {
  const offered = offer.kind === 'offered' ? offer.pairs[pairKey(pair)]?.releases[version] : undefined;
  if (offered !== undefined) return offered;
  const before = known?.runs.releaseVersion;
  const family = pair.amiType.startsWith('BOTTLEROCKET') ? 'bottlerocket' : 'al2023';
  if (before !== undefined && versionOfRelease(family, before) === version) return before;
  const plain = version.replace(/^v/, '');
  return family === 'bottlerocket' ? `${plain}-00000000` : `${pair.kubernetesVersion}-${plain}`;
}
