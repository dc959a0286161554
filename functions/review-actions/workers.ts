import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { WORKER_TAGS } from '../shared/fleet/worker.ts';

/**
 * Limit for the pages read, each of up to a thousand instances. The widget does not draw more, and the viewer waits.
 */
export const INSTANCE_PAGES = 10;

/** Reads instances that may be workers and still exist, up to a limit. */
export async function readWorkers(ec2: EC2Client): Promise<{ found: Instance[]; more: boolean }> {
  const Filters = [
    { Name: 'tag-key', Values: [...WORKER_TAGS] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const found: Instance[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < INSTANCE_PAGES; page++) {
    const input = {
      Filters,
      MaxResults: 1_000,
      IncludeManagedResources: true,
      ...(NextToken !== undefined && { NextToken }),
    };
    const answer = await ec2.send(new DescribeInstancesCommand(input));
    found.push(...(answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
    NextToken = answer.NextToken;
    if (NextToken === undefined || NextToken === '') return { found, more: false };
  }
  return { found, more: true };
}
