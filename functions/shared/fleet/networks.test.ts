import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { readVpcBlocks } from './networks.ts';

it('asks for as many VPCs as a filter takes, and for none where none is named', async () => {
  const asked: number[] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async ({ input }: { input: { Filters: ReadonlyArray<{ Values: string[] }> } }) => {
    const ids = input.Filters.flatMap(({ Values }) => Values);
    asked.push(ids.length);
    return { Vpcs: ids.map((VpcId) => ({ VpcId, CidrBlock: '10.0.0.0/16' })) };
  };
  const ids = Array.from({ length: 201 }, (_, index) => `vpc-${index}`);
  expect((await readVpcBlocks(ec2, ids)).size).toBe(201);
  expect(asked).toEqual([190, 11]);
  expect((await readVpcBlocks(ec2, [])).size).toBe(0);
  expect(asked).toHaveLength(2);
});
