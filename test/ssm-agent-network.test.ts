import { expect, it } from 'vitest';
import { readNetworks } from '../functions/manage-ssm-agent/network/networks.ts';
import { ec2Account } from '../sandbox/account/ec2/ec2.fixture.ts';

it('the networks of more VPCs than a filter takes values are read in pieces', async () => {
  const { ec2, workers } = ec2Account(undefined, { network: { endpoints: { admits: 'prefix-list' } } });
  const [worker] = workers();
  const vpcId = worker?.vpcId ?? '';
  const others = Array.from({ length: 200 }, (_, index) => ({ VpcId: `vpc-${index}` }));
  const SecurityGroups = [{ GroupId: worker?.interfaces[0]?.securityGroupIds[0] ?? '' }];
  const found = await readNetworks(ec2, [...others, { VpcId: vpcId, SecurityGroups }]);
  expect(found.routeTables.some(({ VpcId }) => VpcId === vpcId)).toBe(true);
  expect(found.networkAcls.some(({ VpcId }) => VpcId === vpcId)).toBe(true);
  expect(found.endpoints).toHaveLength(3);
  expect(found.interfaces.size).toBe(9);
  expect(found.securityGroups.has(SecurityGroups[0]?.GroupId ?? '')).toBe(true);
  expect([...found.prefixLists.values()]).toEqual([[[0x0a00_0000, 0x0aff_ffff]]]);
});
