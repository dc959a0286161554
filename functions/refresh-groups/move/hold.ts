import { inWords } from '../../shared/ledger/proposal.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { nextLook } from '../../shared/runtime/next-look.ts';
import {
  type Decision,
  FOREIGN_STUCK_AFTER,
  isActive,
  LOOK_AGAIN,
  PINNED_WITHIN,
  SHOWN_WITHIN,
  say,
} from '../model/decision.ts';
import type { KnownRefresh } from '../model/observation.ts';
import { heldByBreaker } from './breaker.ts';
import { haltedAt } from './limits.ts';
import type { Move } from './move.ts';
import { whyFollowed, whyNotRefreshable, whyNoWayBack } from './refreshable.ts';
import { whyNotReplacedAgain } from './replacement.ts';
import { waitForTurn } from './replacement-turn.ts';
import { whyNotAgain } from './set-back.ts';
import { waitAtWave } from './wave.ts';

/** What an operator, or a failure, keeps from moving; a pure function. It is undefined where nothing does. */
export function heldByPast(move: Move): Decision | undefined {
  const { observation, circumstances, policy, target, ruling, isProposal, about } = move;
  if (ruling?.kind === 'rejected') {
    const message = `${target} was rejected by ${inWords(ruling)}`;
    return about(say('skipped', 'proposal-rejected', message, `${target} ${ruling.id}`));
  }
  const held = isProposal ? undefined : heldByBreaker(observation, target, policy, circumstances);
  // A group whose own failure has tripped a breaker says so at once, whatever else it waits for.
  if (held?.reason === 'breaker-tripped') return about(held);
  const halted = haltedAt(observation.state, target);
  return halted && about(halted);
}

/** What about the group, its AMI or its wave keeps it from moving; a pure function. It is undefined where nothing does. */
export function heldByGroup(move: Move): Decision | undefined {
  const { observation, circumstances, policy, choice, target, fromTo, isProposal, about } = move;
  const { group, state } = observation;
  const { refreshes } = policy;
  const { now } = circumstances;
  const active = observation.refreshes.find(({ status }) => isActive(status));
  if (active !== undefined) return waitForForeign(move, active);
  const { pinned } = state;
  if (group.source.kind === 'floating' && pinned !== undefined && now - pinned.at < SHOWN_WITHIN) {
    const message = 'Auto Scaling does not show yet that the group is pinned.';
    return about(say('waiting', 'group-pinned', message), { silent: true, wakeAt: now + PINNED_WITHIN });
  }
  const hindrance =
    choice.replaces === undefined
      ? (whyNotRefreshable(observation, refreshes, fromTo) ??
        whyNoWayBack(observation) ??
        whyFollowed(observation, target) ??
        whyNotAgain(move))
      : whyNotReplacedAgain(observation, refreshes, now);
  if (hindrance !== undefined) return about({ ...hindrance, variant: `${target} ${hindrance.variant}`.trim() });
  const bakedAt = choice.image.since + refreshes.bakeAge;
  if (bakedAt > now && !isProposal) {
    return about(say('waiting', 'image-baking', `${target} bakes until ${iso(bakedAt)}.`, target), { wakeAt: bakedAt });
  }
  const wait =
    choice.replaces === undefined
      ? waitAtWave(target, observation, policy, circumstances)
      : waitForTurn(policy, target, circumstances);
  if (wait === undefined) return undefined;
  const { reason, message, which, until: wakeAt, lookAt, hint } = wait;
  const more = {
    ...(wakeAt !== undefined && { wakeAt }),
    ...(lookAt && { lookAt }),
    ...(hint !== undefined && { hint }),
  };
  return about(say('waiting', reason, message, `${target} ${which}`), more);
}

/** Waits for a refresh that was not begun here, and tells people once it has lasted for long; a pure function. */
function waitForForeign(
  { observation, circumstances, about }: Move,
  { id, status, startedAt }: KnownRefresh,
): Decision {
  const { now } = circumstances;
  const known = observation.state.foreign?.id === id ? observation.state.foreign.since : now;
  // A refresh that is pending may have no start yet.
  const since = startedAt === 0 ? known : startedAt;
  const stuckAt = since + FOREIGN_STUCK_AFTER;
  const told =
    now < stuckAt
      ? say('waiting', 'foreign-refresh', `Refresh ${id} is ${status}, which was not begun here.`, id)
      : say(
          'refused',
          'refresh-stuck',
          `Refresh ${id}, which was not begun here, has been under way since ${iso(since)}, and is ${status}. Nothing begins before it has ended.`,
          id,
        );
  const decision = about(told, {
    wakeAt: now < stuckAt ? Math.min(stuckAt, nextLook(now, LOOK_AGAIN)) : nextLook(now, LOOK_AGAIN),
  });
  return { ...decision, memory: { ...decision.memory, foreign: { id, since } } };
}
