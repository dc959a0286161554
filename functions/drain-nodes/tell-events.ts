import { unreadSubject } from '../shared/intake/unread-subject.ts';
import { NOTHING_TOLD, type Telling, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { codeIn } from '../shared/runtime/aws-error.ts';
import type { ActDeps } from './act-hook.ts';
import { EVENTS, type HookState, saveHookState } from './hook-ledger.ts';
import type { GroupObservation } from './observation.ts';
import type { Reason } from './reasons.ts';
import type { ScheduledEvents } from './scheduled-events.ts';

/** How the read of scheduled events stands, and what was told of it before. */
export interface EventsSight {
  /** With what EC2 does not show them, `Code: message`, where that is told; absent where it shows them. */
  readonly unread?: string;
  readonly state: HookState | undefined;
  readonly trigger: Trigger;
}

/**
 * What is told of scheduled events; undefined where nothing is. An error that may pass is told once another delivery has
 * failed, too, and then makes no dead letter of messages of which all else is done.
 *
 * @param troubles gets an error for which the messages are to come again
 */
export function sightOfEvents(
  { unread: error }: ScheduledEvents,
  hooks: ReadonlyArray<Pick<GroupObservation, 'trigger'>>,
  state: HookState | undefined,
  troubles: unknown[],
): EventsSight | undefined {
  const triggers = hooks.map((each) => each.trigger);
  const trigger = triggers.find(({ redelivered }) => redelivered) ?? triggers[0];
  if (trigger === undefined) return undefined;
  const unread = error && unreadSubject(error, trigger);
  if (error === undefined || unread !== undefined) return { state, trigger, ...(unread !== undefined && { unread }) };
  if (!trigger.redelivered) troubles.push(error);
  return undefined;
}

/**
 * Records once that EC2 does not show scheduled events, and once that it does again. Nothing else depends on them, so that
 * nothing waits for them.
 */
export async function tellOfEvents(
  deps: ActDeps,
  { unread, state = NOTHING_TOLD, trigger }: EventsSight,
  now: number,
): Promise<void> {
  const about = { subject: {}, trigger, incident: trigger.id, check: EVENTS };
  await tellOnce<Reason, HookState>(deps, state, about, tellingOf(unread), (changed, writer) =>
    saveHookState(deps.ledger, EVENTS, changed, now, writer),
  );
}

const tellingOf = (unread: string | undefined): Telling<Reason> =>
  unread === undefined
    ? { decision: 'done', reason: 'events-shown', message: 'EC2 shows scheduled events again.', variant: '' }
    : {
        decision: 'failed',
        reason: 'events-unread',
        message: `ec2:DescribeInstanceStatus does not show which events are scheduled: ${unread}`,
        variant: codeIn(unread),
      };
