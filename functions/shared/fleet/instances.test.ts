import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { describeInstances, filtersOf } from './instances.ts';

/** EC2 takes at most 200 filter values per call, over all filters (EC2 API reference, DescribeInstances). */
const VALUES_PER_CALL = 200;
/** The most values that a call of the product has in filters that are not split. */
const BESIDE = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };

/** The filter values of each call that the queries lead to. */
async function valuesAsked(queries: Parameters<typeof describeInstances>[1]): Promise<string[][]> {
  const asked: string[][] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
    asked.push((command.input.Filters ?? []).flatMap(({ Values = [] }) => Values));
    return { Reservations: [] };
  };
  await describeInstances(ec2, queries);
  return asked;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `c-${index}`);

describe('instances that match several queries', () => {
  it('are returned once', async () => {
    const ec2 = new EC2Client({ region: 'eu-central-1' });
    ec2.send = async () => ({ Reservations: [{ Instances: [{ InstanceId: 'i-1' }, { InstanceId: 'i-2' }] }] });
    const queries = ['subnet-1', 'subnet-2'].flatMap((id) => filtersOf('subnet-id', [id]).map((filter) => [filter]));
    const found = await describeInstances(ec2, queries);
    expect(found).toEqual([{ InstanceId: 'i-1' }, { InstanceId: 'i-2' }]);
  });
});

describe('filters by many values', () => {
  it.each([1, 190, 191, 196, 197, 200, 201, 400, 1000])(
    'of %d are asked in calls that EC2 takes, each value once, with others beside them',
    async (count) => {
      const asked = await valuesAsked(filtersOf('instance-id', names(count)).map((filter) => [BESIDE, filter]));
      expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(VALUES_PER_CALL);
      expect(asked.flat().filter((value) => !BESIDE.Values.includes(value))).toEqual(names(count));
    },
  );
});
