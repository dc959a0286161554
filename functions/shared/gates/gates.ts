import type { Unreadable } from '../fleet/reading.ts';
import { nextLook } from '../runtime/next-look.ts';
import { listed } from '../text/listed.ts';
import type { NamedGates } from './gates-policy.ts';

/** The gates that the policy names anywhere, as read, by name. */
export interface Gates {
  readonly alarms: ReadonlyMap<string, Alarm | Unreadable>;
  readonly calendars: ReadonlyMap<string, Calendar | Unreadable>;
}

export interface Alarm {
  readonly kind: 'alarm';
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** What CloudWatch says of an evaluation whose state is not to be trusted, such as `PARTIAL_DATA`. */
  readonly doubt?: string;
}

export interface Calendar {
  readonly kind: 'calendar';
  readonly isOpen: boolean;
  /** When the calendar's state changes, epoch milliseconds; absent where Systems Manager does not say. */
  readonly changesAt?: number;
}

/** A gate that keeps upgrades from starting. */
export interface ClosedGate {
  readonly reason: 'alarm-gate-closed' | 'calendar-gate-closed' | 'workload-gate-closed' | 'gate-unreadable';
  readonly message: string;
  /** The gates that are closed, as a text that stays the same while the same gates are closed. */
  readonly which: string;
  /** When the gate may be open, epoch milliseconds. */
  readonly until: number;
  /** Whether AWS is only slow, so that reading works again by itself. */
  readonly isThrottled: boolean;
  /** Whether one of its calendars is closed, and Systems Manager names no time at which that opens. */
  readonly isOpenEnded?: true;
  /** What to do, where the hint of the reason does not fit. */
  readonly hint?: string;
  /** Whether nobody has read some of the gates yet. */
  readonly isUnread?: true;
}

/** A closed gate that the policy names. */
export interface ClosedNamedGate extends ClosedGate {
  readonly reason: Exclude<ClosedGate['reason'], 'workload-gate-closed'>;
}

/** How often a gate that does not say when it opens is read, ms. The gate's event, or the sweep, may tell sooner. */
export const READ_EVERY = 15 * 60_000;

/** The reading of a gate that nobody has read. */
const NOT_READ: Unreadable = {
  kind: 'unreadable',
  error: 'NotRead: nobody has read it',
  code: 'NotRead',
  isThrottled: false,
};

/**
 * Says which of the named gates are closed; a pure function. A gate that could not be read is closed, and so is one
 * that nobody has read. Calendars come before alarms, because they say when they open.
 *
 * @param read absent: nothing has been read
 */
export function closedGate(named: NamedGates, read: Gates | undefined, now: number): ClosedNamedGate | undefined {
  const alarms = named.alarms.map((name) => ({ name, seen: read?.alarms.get(name) ?? NOT_READ }));
  const calendars = named.calendars.map((name) => ({ name, seen: read?.calendars.get(name) ?? NOT_READ }));
  const until = nextLook(now, READ_EVERY);

  const unread = [...alarms, ...calendars].flatMap(({ name, seen }) =>
    seen.kind === 'unreadable' ? [{ name, seen }] : [],
  );
  if (unread.length > 0) {
    const message = `A gate that cannot be read counts as closed: ${listed(unread.map(({ name, seen }) => `${name} (${seen.error})`))}.`;
    const which = listed(unread.map(({ name, seen }) => `${name} ${seen.code}`));
    const isThrottled = unread.every(({ seen }) => seen.isThrottled);
    const isUnread = unread.some(({ seen }) => seen === NOT_READ);
    return { reason: 'gate-unreadable', message, which, until, isThrottled, ...(isUnread && { isUnread }) };
  }

  const shut = calendars.flatMap(({ name, seen }) =>
    seen.kind === 'calendar' && !seen.isOpen ? [{ name, seen }] : [],
  );
  if (shut.length > 0) {
    const times = shut.map(({ seen }) => seen.changesAt ?? until);
    // All calendars must be open, so the last one decides. A time that has passed says nothing.
    const opensAt = Math.max(...times);
    const opens = ({ changesAt }: Calendar) =>
      changesAt === undefined ? '' : `, until ${new Date(changesAt).toISOString()}`;
    const message = `Change calendars are closed: ${listed(shut.map(({ name, seen }) => `${name}${opens(seen)}`))}.`;
    const which = listed(shut.map(({ name }) => name));
    return {
      reason: 'calendar-gate-closed',
      message,
      which,
      until: opensAt > now ? opensAt : until,
      isThrottled: false,
      ...(shut.some(({ seen }) => seen.changesAt === undefined) && { isOpenEnded: true as const }),
    };
  }

  const raised = alarms.flatMap(({ name, seen }) => {
    const state = seen.kind === 'alarm' ? closedState(seen, named) : undefined;
    return state === undefined ? [] : [{ name, state }];
  });
  if (raised.length === 0) return undefined;
  const message = `Alarms keep it from starting: ${listed(raised.map(({ name, state }) => `${name} is ${state}`))}.`;
  const which = listed(raised.map(({ name, state }) => `${name} ${state}`));
  return { reason: 'alarm-gate-closed', message, which, until, isThrottled: false };
}

/** The state by which an alarm closes; undefined while it does not. */
function closedState({ state, doubt }: Alarm, { insufficientData }: NamedGates): string | undefined {
  if (state === 'ALARM') return state;
  if (insufficientData === 'open') return undefined;
  return state === 'OK' ? doubt : state;
}
