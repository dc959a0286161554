import type { Unreadable } from '../../shared/fleet/reading.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { type Decision, type Memory, say } from './decision.ts';
import { meetUnknown, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from './obstacles.ts';

/** What cannot be read, and how it is reported. */
interface Unread {
  /** What cannot be read, with the error code only, because AWS's wording may change between reconciles. */
  readonly what: string;
  readonly message: string;
  readonly variant: string;
}

/**
 * Waits, with growing pauses, until something can be read, because doubt means no. Mere slowness of AWS is only
 * reported if it lasts.
 */
export function untilReadable(
  { what, message, variant }: Unread,
  { isThrottled }: Pick<Unreadable, 'isThrottled'>,
  { obstacle: before }: Pick<NodeGroupState, 'obstacle'>,
  memory: Memory,
  now: number,
): Decision {
  const obstacle = meetUnknown(before, what, now, UNREADABLE);
  const isPatient = isThrottled && now - obstacle.since < SLOWNESS_IS_TOLD_AFTER;
  return {
    ...say('failed', 'unreadable', message, { ...memory, obstacle }, variant),
    ...(isPatient && { isSilent: true }),
    wakeAt: obstacle.until,
  };
}
