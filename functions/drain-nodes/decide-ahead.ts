import { nextOpening } from '../shared/policy/change-window.ts';
import { guardOfSelfManaged } from '../shared/policy/guards.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type Circumstances, type DrainDecision, say } from './decision.ts';
import type { DrainObservation } from './observation.ts';
import type { Policy } from './policy.ts';

/** Between two looks while another node of the group begins or ends, ms. */
const AGAIN = 5 * 60_000;
/** The longest until the next look, ms. */
const LATEST = 24 * 3_600_000;

/** A group in which one of these is suspended does not end its instances, or does not replace them. */
const NEEDED: ReadonlySet<string> = new Set(['Launch', 'Terminate']);

/**
 * Decides about an instance in service for which EC2 has scheduled an event; a pure function. Auto Scaling replaces it
 * only once the event has stopped it, and then nobody can evict its pods any more. Ended ahead, it waits for the hook,
 * and is drained. Source: EC2 user guide, "Scheduled events for Amazon EC2 instances".
 */
export function decideAhead(observation: DrainObservation, circumstances: Circumstances): DrainDecision {
  const { event, group, isOptedOut, state } = observation;
  const { now } = circumstances;
  if (event === undefined) {
    const message = 'EC2 shows no scheduled event of the instance any more.';
    return { ...say('done', 'event-over', message), memory: {}, isOver: true };
  }
  const verdict = guardOfSelfManaged(observation, circumstances, {
    modeIn: ({ drains }: Policy) => (drains.mode === 'off' ? 'off' : drains.scheduledEvents.mode),
    about: 'drains.scheduledEvents',
  });
  const quietly = state.fingerprint === undefined && { silent: true as const };
  if ('guardResult' in verdict) return { ...verdict.guardResult, memory: {}, ...quietly };
  if (isOptedOut)
    return { ...say('skipped', 'opted-out', 'The instance opted out by its tag.'), memory: {}, ...quietly };
  const { drains } = verdict.policy;
  const due = `EC2 has scheduled ${event.code} for ${iso(event.notBefore)}.`;
  const told = (kind: DrainDecision['decision'], reason: DrainDecision['reason'], why: string, code = '') => ({
    ...say(kind, reason, `${due} ${why}`, `${event.code} ${iso(event.notBefore)} ${code}`.trim()),
    memory: {},
  });
  const { mode, windows } = drains.scheduledEvents;
  const hindrance = hindranceOf(group);
  if (hindrance !== undefined) {
    return told(mode === 'enforce' ? 'refused' : 'skipped', 'cannot-end-ahead', hindrance.why, hindrance.code);
  }
  if (group.isDrained === 'in-doubt' && mode === 'enforce') {
    const why = 'Nobody knows now whether its cluster lets it be drained.';
    return { ...told('waiting', 'ahead-waits', why, 'doubt'), wakeAt: now + AGAIN };
  }
  if (mode === 'observe') return told('would-act', 'would-end-ahead', 'It would be drained and replaced before that.');
  const opensAt = nextOpening(windows, now);
  if (opensAt > now) {
    const waiting = told('waiting', 'ahead-waits', `The next change window opens at ${iso(opensAt)}.`, 'window');
    return { ...waiting, wakeAt: Math.min(opensAt, now + LATEST) };
  }
  if (group.isMoving) {
    const why = 'Another node of its group begins or ends: one goes at a time.';
    return { ...told('waiting', 'ahead-waits', why, 'one at a time'), wakeAt: now + AGAIN };
  }
  const why = 'Auto Scaling ends and replaces it ahead, and it is drained before it goes.';
  return { ...told('acted', 'ended-ahead', why), act: 'end', wakeAt: now + AGAIN };
}

function hindranceOf({
  isDrained,
  suspended,
}: DrainObservation['group']): { readonly why: string; readonly code: string } | undefined {
  if (!isDrained) {
    return { why: 'Its group has no hook by which it could be drained: its pods would end undrained.', code: 'hook' };
  }
  const stopped = suspended.filter((each) => NEEDED.has(each));
  if (stopped.length === 0) return undefined;
  return { why: `Processes of its group are suspended: ${stopped.join(', ')}.`, code: stopped.join(' ') };
}
