import {
  GetCalendarState$,
  type GetCalendarStateCommandInput,
  type GetCalendarStateCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';

/** A change calendar, which is open, or closed except during its events. */
export interface ChangeCalendar {
  readonly name: string;
  /** The account that shares the calendar; absent for this account's own. */
  readonly sharedBy?: string | undefined;
  /** Its state while none of its events runs. */
  readonly type: 'DEFAULT_OPEN' | 'DEFAULT_CLOSED';
  /** Events with their beginning and end, epoch milliseconds. During an event, the state is the opposite one. */
  readonly events: ReadonlyArray<{ readonly from: number; readonly until: number }>;
}

type State = 'OPEN' | 'CLOSED';

/**
 * SSM documents of type ChangeCalendar. Each change of state of the account's own calendars is an event on the default
 * bus.
 */
export class ChangeCalendars {
  readonly #world: World;
  /** By ARN. */
  readonly #calendars = new Map<string, ChangeCalendar>();

  constructor(world: World) {
    this.#world = world;
  }

  arn(nameOrArn: string, owner = this.#world.accountId): string {
    const { partition, region } = this.#world;
    return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:${partition}:ssm:${region}:${owner}:document/${nameOrArn}`;
  }

  add(calendar: ChangeCalendar): void {
    const { name, sharedBy } = calendar;
    const arn = this.arn(name, sharedBy);
    this.#calendars.set(arn, calendar);
    if (sharedBy === undefined) this.#tell(arn, calendar);
  }

  /** @throws AwsError `InvalidDocument` for a calendar that does not exist, or is not shared with the account */
  stateAt(nameOrArn: string, at: number): { readonly state: State; readonly changesAt: number | undefined } {
    const calendar = this.#calendars.get(this.arn(nameOrArn));
    if (calendar === undefined) {
      throw new AwsError('InvalidDocument', `Document with name ${nameOrArn} does not exist.`);
    }
    const state = stateOf(calendar, at);
    return { state, changesAt: changesOf(calendar).find((time) => time > at && stateOf(calendar, time) !== state) };
  }

  /** Publishes the next change of state, and those after it. */
  #tell(arn: string, calendar: ChangeCalendar): void {
    const { time, random } = this.#world;
    const { changesAt } = this.stateAt(arn, time.now);
    if (changesAt === undefined) return;
    time.at(changesAt, () => {
      const { state, changesAt: next } = this.stateAt(arn, changesAt);
      // Events are published on a best-effort basis, some seconds late.
      time.after(random.integer(1, 10) * 1000, () =>
        this.#world.emit({
          source: 'aws.ssm',
          detailType: 'Calendar State Change',
          resources: [arn],
          detail: {
            state,
            atTime: stamp(changesAt),
            ...(next !== undefined && { nextTransitionTime: stamp(next) }),
          },
        }),
      );
      this.#tell(arn, calendar);
    });
  }
}

const stateOf = ({ type, events }: ChangeCalendar, at: number): State => {
  const isOther = events.some(({ from, until }) => from <= at && at < until);
  return isOther === (type === 'DEFAULT_OPEN') ? 'CLOSED' : 'OPEN';
};

const changesOf = ({ events }: ChangeCalendar): number[] =>
  events.flatMap(({ from, until }) => [from, until]).sort((a, b) => a - b);

/** Systems Manager's format of times, without fractions of a second. */
const stamp = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/**
 * GetCalendarState. Several calendars are OPEN only if all of them are, and an unknown one fails the call. Source: the
 * API reference. The next transition of several calendars is, in the sandbox, the earliest transition of any of them.
 */
export function calendarOperations(world: World, calendars: ChangeCalendars): Record<string, Operation> {
  return {
    GetCalendarState: operation<GetCalendarStateCommandInput, GetCalendarStateCommandOutput>(
      GetCalendarState$,
      ['CalendarNames', 'AtTime'],
      ({ CalendarNames = [], AtTime }) => {
        const at = AtTime === undefined ? world.time.now : Date.parse(AtTime);
        if (Number.isNaN(at)) throw new AwsError('ValidationException', `AtTime ${AtTime} is not in ISO 8601 format.`);
        const found = CalendarNames.map((name) => calendars.stateAt(name, at));
        const changes = found.flatMap(({ changesAt }) => changesAt ?? []);
        return {
          State: found.every(({ state }) => state === 'OPEN') ? 'OPEN' : 'CLOSED',
          AtTime: stamp(at),
          ...(changes.length > 0 && { NextTransitionTime: stamp(Math.min(...changes)) }),
        };
      },
      ({ CalendarNames = [] }) =>
        CalendarNames.map((name) => ({ action: 'ssm:GetCalendarState', resource: calendars.arn(name) })),
    ),
  };
}
