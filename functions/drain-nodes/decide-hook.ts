import { taggedAsOperated } from '../shared/fleet/eks-group.ts';
import { inWords, nextProposal, rulingOn } from '../shared/ledger/proposal.ts';
import { guardOfSelfManaged } from '../shared/policy/guards.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Circumstances, type HookDecision, say } from './decision.ts';
import type { HookState } from './hook-ledger.ts';
import { isWaiting } from './lifecycle-state.ts';
import type { GroupObservation, NoAccess } from './observation.ts';
import type { Policy } from './policy.ts';

/** The target of a proposal, and of a ruling on it. */
export const TARGET = 'drain-hook';

/** How soon what was changed is read again, ms. */
const CONFIRM_WITHIN = 60_000;
/** How soon it is tried again to make a hook that Auto Scaling did not make, ms. */
const REFUSED_AGAIN = 15 * 60_000;
/** How soon a hook that is to be removed is looked at again while nodes wait for it, ms. */
const REMOVE_AGAIN = 5 * 60_000;

/** Between two looks at a group whose cluster may be open again, ms. */
const DOUBT_AGAIN = 5 * 60_000;
/** How long an API server that does not answer may only be troubled, ms. */
const DOUBT_FOR = 60 * 60_000;

/** Between two looks at a group without members, ms. */
const EMPTY_AGAIN = 60 * 60_000;

/** Guards after which what was made is removed. */
const TAKES_BACK: ReadonlySet<string> = new Set(['opted-out', 'mode-off']);

/**
 * What a read of the group leaves of that which was made here, or was about to be made when the function died. The hook
 * comes before the retention, so that without the hook neither was made. Reads lag behind changes: what was made just now
 * is not forgotten because of one, or nobody would ever remove it. Nothing was made in a group that is younger: it has the
 * name of one that was deleted, and its retention is somebody else's.
 *
 * @param now epoch milliseconds
 */
export function shownOf(
  made: HookState['made'],
  { hook, retains, createdAt = 0 }: Pick<GroupObservation['group'], 'hook' | 'retains' | 'createdAt'>,
  now: number,
): HookState['made'] {
  if (made === undefined || made.at < createdAt) return undefined;
  if (isMadeJustNow(made, now)) return made;
  if (made.unconfirmed === true && hook === 'absent') return undefined;
  return { ...made, retains: made.retains && retains };
}

const isMadeJustNow = ({ at, unconfirmed }: NonNullable<HookState['made']>, now: number): boolean =>
  unconfirmed === true && now < at + CONFIRM_WITHIN;

/** Decides about the hook of one group; a pure function. */
export function decideHook(observation: GroupObservation, circumstances: Circumstances): HookDecision {
  const decided = decideAlone(observation, circumstances);
  const { state } = observation;
  const isRejected = rulingOn(state.proposal, TARGET)?.kind === 'rejected';
  // What was rejected stays rejected, even after it was undone.
  const proposal = isRejected
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: TARGET }, circumstances.now);
  return { made: state.made, ...decided, proposal, ...wakeOfEmpty(observation, decided, circumstances.now) };
}

/**
 * No sweep finds a group without members, so that nobody else would see that the policy or its tags want no hook any
 * more.
 */
function wakeOfEmpty(
  { group, state: { made } }: GroupObservation,
  { wakeAt }: HookDecision,
  now: number,
): Pick<HookDecision, 'wakeAt'> {
  if (made === undefined || group.members.length > 0) return {};
  return { wakeAt: Math.min(wakeAt ?? Number.POSITIVE_INFINITY, now + EMPTY_AGAIN) };
}

function decideAlone(observation: GroupObservation, circumstances: Circumstances): HookDecision {
  const { group, state } = observation;
  const { now } = circumstances;
  const quietly = (decision: HookDecision): HookDecision =>
    state.fingerprint === undefined ? { ...decision, silent: true } : decision;
  if (state.made !== undefined && group.hook === 'absent' && isMadeJustNow(state.made, now)) {
    const message = 'The hook was made just now, and Auto Scaling may not show it yet.';
    return { ...say('waiting', 'hook-made', message), silent: true, wakeAt: state.made.at + CONFIRM_WITHIN };
  }
  const verdict = guardOfSelfManaged(observation, circumstances, {
    modeIn: ({ drains }: Policy) => drains.mode,
    about: 'drains',
  });
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    // Whoever wants no drains any more is not left with terminations that wait for nobody.
    if (TAKES_BACK.has(guardResult.reason) && state.made !== undefined) {
      return takeBack(observation, guardResult.message, guardResult.reason, now);
    }
    return guardResult.decision === 'skipped' ? quietly(guardResult) : guardResult;
  }
  const { drains } = verdict.policy;
  const ruling = rulingOn(state.proposal, TARGET);
  if (ruling?.kind === 'rejected') {
    if (state.made === undefined) {
      const message = `The hook was rejected by ${inWords(ruling)}`;
      return say('skipped', 'proposal-rejected', message, ruling.id);
    }
    return takeBack(observation, `Rejected by ${inWords(ruling)}`, ruling.id, now);
  }
  const { made } = state;
  const hindrance = whyNotDrainable(observation, drains);
  const inDoubt = hindrance?.noAccess && doubtAbout(observation, hindrance.noAccess, now);
  if (inDoubt !== undefined) return inDoubt;
  if (hindrance !== undefined) {
    // Where nobody has asked for drains, it is no refusal that they are not possible.
    const decision = drains.mode === 'observe' && ruling === undefined ? 'skipped' : 'refused';
    const { closedSince = now } = state;
    return {
      ...say(decision, 'cannot-drain', hindrance.message, hindrance.variant),
      hint: hindrance.hint,
      ...(hindrance.noAccess && { closedSince }),
    };
  }
  const isKept = drains.atDeadline === 'go' || group.retains;
  if (group.hook === 'stands' && isKept && made !== undefined && isTold(state)) {
    const retention = group.retains ? 'nodes that cannot be drained are retained' : 'the group retains no node';
    return quietly({
      ...say('done', 'hook-stands', `The hook stands, and ${retention}.`, group.retains ? 'retains' : ''),
      made: { at: made.at, retains: made.retains },
      isDrainable: true,
    });
  }
  const retention =
    drains.atDeadline === 'keep' ? ' A node that cannot be drained in time is retained, at your cost.' : '';
  if (drains.mode === 'observe' && ruling === undefined) {
    const message = `The group would get the lifecycle hook ${group.hook === 'absent' ? '' : 'again, '}that drains nodes before they end.${retention}`;
    return say('would-act', 'would-make-hook', message);
  }
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  const message = `The group gets a lifecycle hook, and nodes are drained before they end.${retention}${approved}`;
  return {
    ...say('acted', 'hook-made', message, drains.atDeadline),
    act: 'put',
    isDrainable: true,
    made: {
      at: now,
      retains: state.made?.retains === true || (drains.atDeadline === 'keep' && !group.retains),
      unconfirmed: true,
    },
    wakeAt: now + (isRefused(state) ? REFUSED_AGAIN : CONFIRM_WITHIN),
  };
}

/**
 * Whether it was recorded that the hook was made. A function that died before that has it recorded by the next look.
 */
const isTold = ({ made, fingerprint = '' }: HookState): boolean =>
  made?.unconfirmed !== true || fingerprint.startsWith('hook-made');

/** Whether Auto Scaling did not do what was asked of it last. */
const isRefused = ({ fingerprint = '' }: HookState): boolean => fingerprint.startsWith('hook-refused');

/**
 * Removes what was made here, once no node waits for it. Where nothing of it is left, only that is told: the function
 * may have died.
 */
function takeBack({ group, state }: GroupObservation, why: string, variant: string, now: number): HookDecision {
  const waiting = group.members.filter(({ lifecycleState }) => isWaiting(lifecycleState)).map(({ id }) => id);
  // Who deletes a hook completes what waits for it: the nodes would end undrained. Source: API reference,
  // DeleteLifecycleHook.
  if (waiting.length > 0 && group.hook !== 'absent') {
    const message = `Nodes wait for the hook: ${waiting.slice(0, 5).join(', ')}. It is removed after that.`;
    return { ...say('waiting', 'hook-in-use', message, variant), made: state.made, wakeAt: now + REMOVE_AGAIN };
  }
  const message = `The hook is removed, and retention that was set with it. ${why}`;
  const wakeAt = now + (isRefused(state) ? REFUSED_AGAIN : CONFIRM_WITHIN);
  return { ...say('acted', 'hook-removed', message, variant), act: 'remove', wakeAt };
}

/**
 * What is told while nobody knows whether the cluster lets its nodes be drained. A hook that stands stays, and drains
 * go on. A refusal counts once a second look finds it, too; where no hook stands, it counts at once. So does a private
 * endpoint that does not answer: only a hook that stands proves that it once did.
 */
function doubtAbout(
  { group, state }: GroupObservation,
  { why, mayPass, mayBeOutside }: NoAccess,
  now: number,
): HookDecision | undefined {
  const { made, closedSince = now } = state;
  const stands = made !== undefined && group.hook === 'stands';
  const isTrouble = mayPass && (stands || mayBeOutside === undefined);
  const endsAt = closedSince + (isTrouble ? DOUBT_FOR : stands ? CONFIRM_WITHIN : 0);
  if (now >= endsAt) return undefined;
  const stays = stands ? ' The hook stays.' : '';
  return {
    ...say('waiting', 'drain-in-doubt', `${why}${stays} It counts as closed from ${iso(endsAt)} on.`, 'access'),
    ...(stands && isTold(state) && { made: { at: made.at, retains: made.retains } }),
    closedSince,
    wakeAt: Math.min(endsAt, now + DOUBT_AGAIN),
  };
}

/** Why a group gets no hook. */
interface Hindrance {
  readonly message: string;
  readonly variant: string;
  readonly hint: string;
  readonly noAccess?: NoAccess;
}

const LEAVE = 'Leave its nodes to whoever operates it, or let its group opt out.';

/** Why the group gets no hook, although the policy wants one. */
function whyNotDrainable(
  { group, key, noAccess }: GroupObservation,
  { otherHooks }: Policy['drains'],
): Hindrance | undefined {
  if (group.operator !== undefined) {
    const message = `${group.operator} operates the group: nobody else may change it.`;
    return { message, variant: 'operator', hint: LEAVE };
  }
  const tagged = taggedAsOperated(group.tags);
  if (tagged !== undefined) return { message: tagged, variant: 'tag', hint: LEAVE };
  const others = group.members.flatMap(({ id, isNotOurs }) => (isNotOurs === undefined ? [] : `${id}: ${isNotOurs}`));
  if (others.length > 0) {
    const message = `A hook would hold up instances that are not proven to be workers of ${key.cluster}: ${others.slice(0, 3).join(' ')}`;
    return { message, variant: 'shared', hint: 'Take the instances that the message names out of the group.' };
  }
  if (group.otherHooks.length > 0 && otherHooks === 'refuse') {
    const message = `Hooks of others stand on its terminations: ${group.otherHooks.join(', ')}. Whoever made them drains its nodes, and retention would hold for them, too.`;
    const hint =
      'Nothing to do where these hooks drain. To have nodes drained here beside them, set drains.otherHooks to share.';
    return { message, variant: `hooks ${group.otherHooks.toSorted().join(' ')}`, hint };
  }
  if (noAccess === undefined) return undefined;
  const hint = 'The message says why. Let drain-nodes into the cluster: docs/kubernetes-access.md.';
  return { message: noAccess.why, variant: 'access', hint, noAccess };
}
