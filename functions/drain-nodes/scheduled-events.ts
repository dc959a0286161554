import { type EC2Client, type EventCode, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import { isOfAws } from '../shared/runtime/aws-error.ts';
import type { ScheduledEvent } from './observation.ts';

/** All kinds of events. Source: EC2 API reference, InstanceStatusEvent. */
const CODES: EventCode[] = [
  'instance-reboot',
  'instance-retirement',
  'instance-stop',
  'system-maintenance',
  'system-reboot',
];

export interface ScheduledEvents {
  /** The next event of each instance, by instance id. */
  readonly next: ReadonlyMap<string, ScheduledEvent>;
  /** The error with which EC2 does not show events; absent where it shows them. */
  readonly unread?: Error;
}

export const NO_EVENTS: ScheduledEvents = { next: new Map() };

/**
 * Reads what EC2 has scheduled for the instances of the account and region. An error of AWS is returned, not thrown:
 * nodes that wait for their drain do not depend on events, and end undrained if nobody looks at them.
 */
export async function readScheduledEvents(ec2: EC2Client): Promise<ScheduledEvents> {
  try {
    return { next: await readNext(ec2) };
  } catch (unread) {
    if (!isOfAws(unread)) throw unread;
    return { ...NO_EVENTS, unread };
  }
}

/**
 * An event that is over is still described for a week, marked in its description, and so is one that was cancelled.
 * Source: EC2 API reference, InstanceStatusEvent.
 */
async function readNext(ec2: EC2Client): Promise<Map<string, ScheduledEvent>> {
  const found = new Map<string, ScheduledEvent>();
  const pages = paginateDescribeInstanceStatus(
    { client: ec2, pageSize: 1000 },
    { Filters: [{ Name: 'event.code', Values: CODES }] },
  );
  for await (const { InstanceStatuses = [] } of pages) {
    for (const { InstanceId = '', Events = [] } of InstanceStatuses) {
      const [next] = Events.flatMap(({ Code, Description = '', NotBefore }) =>
        Code === undefined || NotBefore === undefined || /^\[(Completed|Canceled)\]/.test(Description)
          ? []
          : { code: Code, notBefore: NotBefore.getTime() },
      ).toSorted((a, b) => a.notBefore - b.notBefore);
      if (next !== undefined) found.set(InstanceId, next);
    }
  }
  return found;
}
