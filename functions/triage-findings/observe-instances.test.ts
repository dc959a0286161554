import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { findWorkers, listWorkers } from './observe-instances.ts';

const asked: string[][] = [];
const ec2 = new EC2Client({ region: 'eu-central-1' });
ec2.send = async (command: unknown) => {
  if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
  asked.push((command.input.Filters ?? []).flatMap(({ Values = [] }) => Values));
  return { Reservations: [] };
};

it.each<[string, (count: number) => Promise<unknown>]>([
  ['node groups', (count) => listWorkers(ec2, nodeGroups(count))],
  [
    'instances',
    (count) =>
      findWorkers(
        ec2,
        nodeGroups(count).map(({ nodegroup }) => nodegroup),
      ),
  ],
])('asks about many %s in calls that have at most 200 filter values over all their filters', async (_what, ask) => {
  for (const count of [1, 95, 96, 100, 101, 200, 999]) {
    asked.length = 0;
    await ask(count);
    expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(200);
    expect(asked.flat().filter((value) => value.startsWith('group-'))).toHaveLength(count);
  }
});

/** Each in a cluster of its own. */
const nodeGroups = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    cluster: `cluster-${index}`,
    nodegroup: `group-${index}`,
    autoScalingGroups: [],
  }));
