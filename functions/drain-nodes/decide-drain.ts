import { isOptedOut as hasOptedOut } from '../shared/fleet/scope.ts';
import { guardOfSelfManaged } from '../shared/policy/guards.ts';
import { iso } from '../shared/runtime/clock.ts';
import { nextLook } from '../shared/runtime/next-look.ts';
import { counted } from '../shared/text/counted.ts';
import { decideAhead } from './decide-ahead.ts';
import { type Circumstances, type DrainDecision, say } from './decision.ts';
import { heldIn, leftOutOf, variantOf } from './held-in.ts';
import { isAtHook, isRetained, RESTS, SERVES } from './lifecycle-state.ts';
import type { DrainObservation, NodeView } from './observation.ts';
import { isInDoubt, obstructed } from './obstructed.ts';
import type { Policy } from './policy.ts';

/** Between two looks at a drain, ms: often at first, when most pods leave. */
const SOON = 60_000;
const LATER = 5 * 60_000;
const OFTEN_FOR = 10 * 60_000;
/** Between two heartbeats of a node that a guard holds, ms. */
const HELD_AGAIN = 15 * 60_000;
/** Between two looks at a node that is retained, ms. */
const RETAINED_AGAIN = 30 * 60_000;

/** Guards that leave a node alone on purpose: it ends as if there were no hook. */
const AS_WITHOUT_HOOK: ReadonlySet<string> = new Set(['opted-out', 'mode-off', 'out-of-scope']);

/** Decides about one instance whose termination waits for the hook, or did; a pure function. */
export function decideDrain(observation: DrainObservation, circumstances: Circumstances): DrainDecision {
  const { instanceId, lifecycleState, state, group, isOptedOut } = observation;
  const { now } = circumstances;
  if (lifecycleState === undefined) {
    // The function died after it had Auto Scaling go on. What it did is told first.
    if (state.ending !== undefined) return { ...state.ending, memory: {}, wakeAt: now + SOON };
    return { ...say('done', 'node-ended', 'The instance has left its group.'), memory: {}, isOver: true };
  }
  if (state.ahead === true) return decideAhead(observation, circumstances);
  if (state.ending?.reason === 'ended-ahead') return { ...state.ending, memory: {}, wakeAt: now + SOON };
  const waits = isAtHook(lifecycleState);
  const silently = (wakeAt?: number): DrainDecision => ({
    ...say('waiting', 'node-draining', `Auto Scaling has it in ${lifecycleState}.`, iso(state.startedAt)),
    memory: {},
    silent: true,
    ...(wakeAt !== undefined && { wakeAt }),
  });
  // An action that was continued here retains nothing: a hook of others was abandoned, and who made that hook ends the
  // instance.
  if (isRetained(lifecycleState) && state.letGoAt !== undefined && state.retainedAt === undefined) {
    return silently(nextLook(now, RETAINED_AGAIN));
  }
  const verdict = guardOfSelfManaged(observation, circumstances, {
    modeIn: ({ drains }: Policy) => drains.mode,
    about: 'drains',
  });
  const guardResult = 'guardResult' in verdict ? verdict.guardResult : undefined;
  const isLeftAlone = isOptedOut || (guardResult !== undefined && AS_WITHOUT_HOOK.has(guardResult.reason));
  if (isLeftAlone && waits && state.letGoAt === undefined) {
    const why = isOptedOut ? 'The instance opted out by its tag.' : (guardResult?.message ?? '');
    return { ...say('skipped', 'node-let-go', why), act: 'let-go', memory: { letGoAt: now }, wakeAt: now + LATER };
  }
  // An opt-out of the group forbids ending its instances, in IAM too: drain-rights.ts.
  if (isLeftAlone && !isOptedOut && !hasOptedOut(group.tags) && isRetained(lifecycleState)) {
    const why = `${guardResult?.message ?? ''} Without the hook it would have ended.`;
    const memory = { retainedAt: state.retainedAt ?? now, letGoAt: now };
    return { ...say('skipped', 'node-let-go', why), act: 'end', memory, wakeAt: now + LATER };
  }
  if (guardResult !== undefined) return { ...guardResult, memory: {}, ...whileGuarded(observation, now) };
  if (isOptedOut && isRetained(lifecycleState)) {
    const why = 'The instance opted out by its tag. It stays retained.';
    return { ...say('skipped', 'opted-out', why), memory: {}, wakeAt: nextLook(now, RETAINED_AGAIN) };
  }
  if (!('policy' in verdict)) throw new Error('Guards either stop, or return the policy.');
  if (isRetained(lifecycleState)) return decideRetained(observation, verdict.policy.drains, now);
  if (!waits) {
    // A termination into a warm pool, or for a new root volume, is no death. Source: Auto Scaling user guide, "Event
    // reference".
    if (!SERVES.has(lifecycleState) && !RESTS.has(lifecycleState)) {
      // What was told of this termination does not hold for the next one.
      return { ...silently(now + LATER), memory: { letGoAt: undefined } };
    }
    const message = SERVES.has(lifecycleState)
      ? `${instanceId} is in service again.`
      : `${instanceId} rests in the warm pool of its group (${lifecycleState}), until a scale-out starts it.`;
    return { ...say('done', 'node-returned', message), act: 'restore', memory: {}, isOver: true };
  }
  // Other hooks of the group may still hold it.
  if (state.letGoAt !== undefined) return silently(now + LATER);
  return decideWaiting(observation, verdict.policy.drains, now);
}

/**
 * What becomes of an instance while a guard holds, such as the kill switch: one that waits goes on waiting, since a
 * hook that nobody answers is abandoned; nothing is evicted. After 48 hours Auto Scaling ends the wait by itself.
 */
function whileGuarded({ lifecycleState = '', state }: DrainObservation, now: number): Partial<DrainDecision> {
  if (isRetained(lifecycleState)) return { wakeAt: nextLook(now, RETAINED_AGAIN) };
  if (!isAtHook(lifecycleState)) return {};
  return { ...(state.letGoAt === undefined && { act: 'hold' as const }), wakeAt: nextLook(now, HELD_AGAIN) };
}

function decideWaiting({ group, node, state }: DrainObservation, drains: Policy['drains'], now: number): DrainDecision {
  const { startedAt } = state;
  const since = iso(startedAt);
  const deadline = startedAt + drains.within;
  const empty = whyEmpty(node, now >= deadline);
  if (empty !== undefined) {
    return {
      ...say('acted', 'node-drained', empty, since),
      act: 'let-go',
      memory: { letGoAt: now },
      wakeAt: now + LATER,
    };
  }
  const wakeAt = now - startedAt < OFTEN_FOR ? now + SOON : nextLook(now, LATER);
  const held = heldIn(node, state);
  const beforeDeadline = Math.min(wakeAt, Math.max(deadline, now + SOON));
  // A deadline says how long pods may hold their node. While nobody knows whether they still do, it does not count.
  if (node.kind === 'unreadable' && (now < deadline || isInDoubt(state, node, now))) {
    const next = isInDoubt(state, node, now) ? now + SOON : beforeDeadline;
    return { ...obstructed(state, node, now), act: 'drain', wakeAt: next };
  }
  if (now < deadline) {
    return {
      ...say(
        'waiting',
        'node-draining',
        `${held} The deadline is ${iso(deadline)}.`,
        `${since}${variantOf(node, state)}`,
      ),
      act: 'drain',
      memory: {},
      wakeAt: beforeDeadline,
    };
  }
  const gone = (why: string): DrainDecision => ({
    ...say('failed', 'drain-given-up', `${why} ${held}`, since),
    act: 'let-go',
    memory: { letGoAt: now },
    wakeAt: now + LATER,
  });
  if (drains.atDeadline === 'go') return gone('The policy lets it end at the deadline.');
  if (!group.retains) {
    const message = `The deadline has passed, and the group does not retain nodes: it waits on, for 48 hours in all. ${held}`;
    return { ...say('failed', 'drain-obstructed', message, `${since} unretained`), act: 'drain', memory: {}, wakeAt };
  }
  if (group.retained >= drains.retained.most) {
    return gone(`The group has ${counted(group.retained, 'retained node')} already, and no room for more.`);
  }
  const message = `It is kept alive beside the group until ${iso(now + drains.retained.forAtMost)}. ${held}`;
  return { ...say('failed', 'node-retained', message, since), act: 'keep', memory: {}, wakeAt };
}

/** A retained instance is drained on; it ends once it is empty, or has been retained for too long. */
function decideRetained(
  { group, node, state }: DrainObservation,
  drains: Policy['drains'],
  now: number,
): DrainDecision {
  const since = iso(state.startedAt);
  const retainedAt = state.retainedAt ?? now;
  const endsAt = retainedAt + drains.retained.forAtMost;
  const empty = whyEmpty(node, now >= endsAt);
  const ends = { act: 'end' as const, memory: { retainedAt, letGoAt: now }, wakeAt: now + LATER };
  if (empty !== undefined) return { ...say('acted', 'node-drained', empty, since), ...ends };
  const held = heldIn(node, state);
  if (now >= endsAt) {
    return { ...say('failed', 'drain-given-up', `It was retained until ${iso(endsAt)}. ${held}`, since), ...ends };
  }
  if (group.retained > drains.retained.most) {
    const many = `The group has ${counted(group.retained, 'retained node')}, and the policy lets it have ${drains.retained.most}.`;
    return { ...say('failed', 'drain-given-up', `${many} ${held}`, since), ...ends };
  }
  const message = `It is kept alive beside the group until ${iso(endsAt)}. ${held}`;
  return {
    ...say('failed', 'node-retained', message, since),
    act: 'drain',
    memory: { retainedAt },
    wakeAt: Math.min(nextLook(now, RETAINED_AGAIN), Math.max(endsAt, now + SOON)),
  };
}

/**
 * Why nothing is left to drain; undefined: something is, or nobody can tell. A node that was read while pods could still
 * be scheduled onto it is empty for that moment only, so it is cordoned first. Pods of another node that ends come to it
 * just then.
 *
 * @param isLate whether it may end as it is
 */
function whyEmpty(node: NodeView, isLate: boolean): string | undefined {
  if (node.kind === 'absent') return 'It is no node of its cluster, so there is nothing to drain.';
  if (node.kind !== 'found' || node.pods.length > 0) return undefined;
  const isCordoned = node.isOurs || node.unschedulable;
  if (!isCordoned && !isLate) return undefined;
  return `No pod is left that could run elsewhere.${leftOutOf(node.leftOut)}`;
}
