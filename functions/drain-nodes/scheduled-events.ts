import { type EC2Client, type EventCode, paginateDescribeInstanceStatus } from '@aws-sdk/client-ec2';
import type { ScheduledEvent } from './observation.ts';

/** All kinds of events. Source: EC2 API reference, InstanceStatusEvent. */
const CODES: EventCode[] = [
  'instance-reboot',
  'instance-retirement',
  'instance-stop',
  'system-maintenance',
  'system-reboot',
];

/**
 * The next event that EC2 has scheduled for each instance of the account and region, by instance id. An event that is
 * over is still described for a week, marked in its description, and so is one that was cancelled. Source: the same.
 */
export async function readScheduledEvents(ec2: EC2Client): Promise<Map<string, ScheduledEvent>> {
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
