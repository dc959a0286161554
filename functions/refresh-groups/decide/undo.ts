import { inWords, rulingOn } from '../../shared/ledger/proposal.ts';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import { nextLook } from '../../shared/runtime/next-look.ts';
import {
  type Circumstances,
  type Decision,
  isActive,
  isOnTemplateOf,
  LOOK_AGAIN,
  memoryOf,
  nextAttempt,
  say,
  staysRejected,
  undoOf,
} from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { haltedAt, whyNoRoom } from '../move/limits.ts';
import { whyNotReplaceable } from '../move/refreshable.ts';
import type { Policy } from '../policy.ts';

/**
 * Moves the group back the way it came after an operator has rejected a completed refresh; undefined where nothing is
 * to be undone.
 */
export function undoing(
  observation: Observation,
  { now, underWay }: Circumstances,
  { concurrency }: Policy['refreshes'],
): Decision | undefined {
  const { key, group, state, refreshes: known } = observation;
  const { done } = state;
  const ruling = done && rulingOn(state.proposal, undoOf(done));
  if (done === undefined || ruling?.kind !== 'rejected' || group.source.kind !== 'version') return undefined;
  const memory = memoryOf(state);
  const { version: uses, templateId } = group.source;
  // An undo that left workers behind, or a failed rollback, has brought back the group's version but not all workers.
  const isLeft = uses === done.from.version && group.members.some(({ imageId }) => imageId === done.target);
  if (!isOnTemplateOf(done, group.source) || (uses !== done.version && !isLeft)) {
    const message = `The group uses version ${uses} of ${templateId} by now, which is not what the refresh brought: nothing is undone.`;
    const forgotten = { memory: { ...memory, done: undefined }, ...staysRejected(state, done.target, now) };
    return { ...say('skipped', 'refresh-undone', message, ruling.id), ...forgotten };
  }
  const halted = haltedAt(state, done.from.imageId);
  if (halted !== undefined) return { ...halted, memory };
  const hindrance = whyNotReplaceable(observation);
  if (hindrance !== undefined) return { ...hindrance, memory };
  const active = known.find(({ status }) => isActive(status));
  const full = whyNoRoom({ key }, { underWay }, concurrency);
  if (active !== undefined || full !== undefined) {
    const message = active === undefined ? (full ?? '') : `Refresh ${active.id} is ${active.status}.`;
    return {
      ...say('waiting', 'refresh-waits-for-slot', message, ruling.id),
      memory,
      wakeAt: nextLook(now, LOOK_AGAIN),
    };
  }
  const { target, from, version } = done;
  const refresh: Refresh = {
    target: from.imageId,
    from: { templateId, version: version ?? '', imageId: target },
    at: now,
    attempt: nextAttempt(state, from.imageId),
    version: from.version,
    undoes: true,
  };
  const message = `Back to version ${from.version} with ${from.imageId}, as ${inWords(ruling)}`;
  return {
    ...say('acted', 'refresh-undoing', message, ruling.id),
    act: 'start',
    memory: { ...memory, refresh },
    wakeAt: now + LOOK_AGAIN,
  };
}
