import { expect, it } from 'vitest';
import { observeNetworks } from '../functions/manage-ssm-agent/observe-network.ts';
import { ec2Account } from '../sandbox/account/ec2/ec2.fixture.ts';

it('the networks of more VPCs than a filter takes values are read in pieces', async () => {
  const { ec2, workers } = ec2Account();
  const [worker] = workers();
  const real = { InstanceId: worker?.id ?? '', VpcId: worker?.vpcId ?? '', SubnetId: worker?.subnetId ?? '' };
  const others = Array.from({ length: 200 }, (_, index) => ({
    InstanceId: `i-${index}`,
    VpcId: `vpc-${index}`,
    SubnetId: `subnet-${index}`,
  }));
  const found = await observeNetworks(ec2, [...others, real], new Map());
  expect(found.size).toBe(201);
  expect(found.get(real.InstanceId)).toMatchObject({ kind: 'open' });
  expect(found.get('i-0')).toMatchObject({ kind: 'closed' });
});
