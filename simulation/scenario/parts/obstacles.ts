import type { Draw } from '../choices.ts';
import type { Fleet } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';

/** The SSM Change Calendar of a day that keeps upgrades, refreshes and pins from starting while it is closed. */
export interface Calendar {
  /** The account that shares it, from which no event tells of it; absent: this one. */
  readonly sharedBy?: string;
  readonly type: 'DEFAULT_OPEN' | 'DEFAULT_CLOSED';
  /** When it is in its other state, hours. */
  readonly events: ReadonlyArray<{ readonly from: number; readonly until: number }>;
}

/** The subnets of a cluster that have no free address for some hours. */
export interface Addresses {
  readonly cluster: string;
  readonly goneFrom: number;
  readonly goneUntil: number;
}

const CALENDAR = 'freeze';
const OTHERS = '999988887777';

/** The members of a scenario for it. */
export interface OfObstacles {
  /** Absent: no change calendar keeps upgrades from starting. */
  readonly calendar?: Calendar;
  /** Absent: subnets have free addresses. */
  readonly addresses?: Addresses;
}

/** Draws a change calendar for an eighth of all days, and subnets without free addresses for a tenth. */
function drawObstacles(draw: Draw, { clusters }: Ground): OfObstacles {
  return {
    ...(draw.happens(0.12) && { calendar: drawCalendar(draw) }),
    ...(draw.happens(0.1) && { addresses: drawAddresses(draw, clusters) }),
  };
}

function drawCalendar(draw: Draw): Calendar {
  let hour = 0;
  return {
    ...(draw.happens(0.3) && { sharedBy: OTHERS }),
    type: draw.of('DEFAULT_OPEN', 'DEFAULT_OPEN', 'DEFAULT_CLOSED'),
    events: draw.some(1, 3, () => {
      const from = hour + draw.number(1, 3);
      hour = from + draw.number(1, 4);
      return { from, until: hour };
    }),
  };
}

function drawAddresses(draw: Draw, clusters: readonly string[]): Addresses {
  const goneFrom = draw.number(0, 6);
  return {
    cluster: clusters[draw.number(0, clusters.length - 1)] ?? 'shop',
    goneFrom,
    goneUntil: goneFrom + draw.number(1, 8),
  };
}

/** The calendar as the policy and calls name it: by its ARN, where another account shares it. */
export const calendarName = ({ sharedBy }: Calendar): string =>
  sharedBy === undefined ? CALENDAR : `arn:aws:ssm:eu-central-1:${sharedBy}:document/${CALENDAR}`;

/** A drawn policy with the calendar as a gate, beside the alarm. */
const withObstacles = (policy: Policy, { calendar }: OfObstacles): Policy =>
  calendar === undefined
    ? policy
    : {
        ...policy,
        upgrades: {
          ...policy.upgrades,
          gates: { ...policy.upgrades.gates, calendars: [calendarName(calendar)] },
        },
      };

/** A drawn fleet with the calendar, and with subnets that run out of addresses. */
function fleetWithObstacles(fleet: Fleet, { calendar, addresses }: OfObstacles): Fleet {
  const { sharedBy, type, events = [] } = calendar ?? {};
  return {
    ...fleet,
    ...(calendar !== undefined && {
      calendars: [
        {
          name: CALENDAR,
          ...(sharedBy !== undefined && { sharedBy }),
          type,
          events: events.map(({ from, until }) => ({ from: `+${from}h`, until: `+${until}h` })),
        },
      ],
    }),
    clusters: fleet.clusters.map((cluster) =>
      addresses?.cluster !== cluster.name
        ? cluster
        : {
            ...cluster,
            vpc: {
              freeAddresses: [
                { at: `+${addresses.goneFrom}h`, perSubnet: 0 },
                { at: `+${addresses.goneUntil}h`, perSubnet: 100 },
              ],
            },
          },
    ),
  };
}

export const OBSTACLES: Part<OfObstacles> = {
  stream: 'obstacles',
  draw: drawObstacles,
  policy: withObstacles,
  fleet: fleetWithObstacles,
};
