import { inWords } from '../../shared/ledger/proposal.ts';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import type { Told } from '../../shared/records/decision.ts';
import { tellsJoined } from '../model/absent-nodes.ts';
import {
  type Decision,
  isOnTemplateOf,
  LOOK_AGAIN,
  memoryOf,
  nextAttempt,
  PINNED_WITHIN,
  say,
} from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Reason } from '../reasons.ts';
import type { Move } from './move.ts';
import { passedWaves } from './wave.ts';

/** The proposal of a move that is due; a pure function. */
export function propose({ observation, plan, expired, inWords: what, about }: Move): Decision {
  const { group, template } = observation;
  const pins = group.source.kind === 'floating' ? ` It is pinned to version ${template?.version} first.` : '';
  const message = `Would move ${what}${pins}${expired?.message ?? ''}`;
  const variant = expired === undefined ? plan : `${plan} after ${expired.id}`;
  return about(say('would-act', 'would-refresh', message, variant));
}

/** The act of a move whose moment has come: a floating group is pinned first. A pure function. */
export function begin(move: Move): Decision {
  const { observation, circumstances, policy, choice, present, target, ruling, about } = move;
  const { group, state, template } = observation;
  const { now } = circumstances;
  const { replaces } = choice;
  if (group.source.kind === 'floating') return pin(move, group.source.version);
  if (group.source.kind !== 'version') throw new Error('Only a group on a numbered version is refreshed.');
  const { templateId, version } = group.source;
  const refresh: Refresh = {
    target,
    // A refresh that continues a partial one keeps the origin of the first, so that an undo leads back to it.
    from:
      replaces === undefined && state.done?.target === target && isOnTemplateOf(state.done, group.source)
        ? state.done.from
        : { templateId, version, imageId: template?.data.ImageId ?? present.imageId },
    at: now,
    attempt: nextAttempt(state, target),
    ...(replaces !== undefined && { replaces }),
    ...(tellsJoined(group.members) && { tellsJoined: true }),
  };
  const { quarantineWait: _, ...goesOn } = memoryOf(state);
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  const passed = replaces === undefined ? passedWaves(target, policy, circumstances) : '';
  const message = `Moving ${move.inWords}${approved}${passed}`;
  return about(say('acted', 'refresh-started', message, `${target} ${refresh.attempt}`), {
    act: 'start',
    memory: { ...goesOn, refresh },
    wakeAt: now + LOOK_AGAIN,
  });
}

/** @param floating what the group uses, such as `$Latest` */
function pin({ observation, circumstances, fromTo, about }: Move, floating: string): Decision {
  const { state, template } = observation;
  const number = String(template?.version ?? '');
  const told = tellPinned(floating, number, ` Next: ${fromTo}.`);
  return about(told, { act: 'pin', proposal: state.proposal, wakeAt: circumstances.now + PINNED_WITHIN });
}

const tellPinned = (floating: string, version: string, next = ''): Told<Reason> =>
  say(
    'acted',
    'group-pinned',
    `It used ${floating}, which is version ${version} now, and is pinned to that. No instance is replaced, and a tool that keeps the group as code sees it.${next}`,
    version,
  );

/**
 * Tells of a pin that was about to be asked for, and of which nothing more was saved: the group shows it. A pure
 * function; undefined where the group shows none.
 */
export function foundPinned({ group: { source }, state }: Observation, now: number): Decision | undefined {
  const { pinning, proposal } = state;
  if (pinning === undefined || source.kind !== 'version' || source.version !== pinning.version) return undefined;
  const told = tellPinned('$Latest or $Default', pinning.version);
  return { ...told, memory: { ...memoryOf(state), pinned: pinning }, proposal, wakeAt: now + PINNED_WITHIN };
}
