import { EC2Client, type Filter, type SecurityGroup } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { groupFinder } from './group-finder.ts';

const group = (GroupId: string, GroupName: string, VpcId = 'vpc-1'): SecurityGroup => ({ GroupId, GroupName, VpcId });
const KEYS: Readonly<Record<string, keyof SecurityGroup>> = {
  'vpc-id': 'VpcId',
  'group-name': 'GroupName',
  'group-id': 'GroupId',
};

/** A finder of the groups `own` in an EC2 with these groups, and the filters of each call. */
function finderIn(...groups: readonly SecurityGroup[]) {
  const asked: string[][] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  const send = async ({ input: { Filters = [] } }: { input: { Filters?: Filter[] } }) => {
    asked.push(Filters.map(({ Name = '' }) => Name));
    const matches = (each: SecurityGroup) =>
      Filters.every(({ Name = '', Values = [] }) =>
        Values.some((value) => value === each[KEYS[Name] ?? 'OwnerId'] || value === '*'),
      );
    return { SecurityGroups: groups.filter(matches) };
  };
  return { asked, finder: groupFinder(Object.assign(ec2, { send }) as EC2Client, ['own-closed', 'own-open']) };
}

const worker = (groupIds: readonly string[], groupNames: readonly string[], vpcId = 'vpc-1') => ({
  vpcId,
  interfaces: [{ groupIds, groupNames }],
});
const ids = (found: ReadonlyMap<string, unknown>) => [...found.keys()].sort();
const OWN = [group('sg-closed', 'own-closed'), group('sg-open', 'own-open')];

describe('one call for each VPC', () => {
  it('reads the groups of interfaces, and those of quarantines with them', async () => {
    const { finder, asked } = finderIn(...OWN, group('sg-1', 'nodes'), group('sg-2', 'others'));
    expect(ids(await finder.ofInterfaces([worker(['sg-1'], ['nodes']), worker(['sg-1'], ['nodes'])]))).toEqual([
      'sg-1',
    ]);
    expect(ids(await finder.find('vpc-1'))).toEqual(['own-closed', 'own-open']);
    expect(asked).toEqual([['vpc-id', 'group-name']]);
  });

  it('serves a VPC of which no interface was read, and is not repeated', async () => {
    const { finder, asked } = finderIn(...OWN);
    await finder.find('vpc-1');
    expect(ids(await finder.find('vpc-1'))).toEqual(['own-closed', 'own-open']);
    expect(asked).toHaveLength(1);
  });
});

it.each<[string, SecurityGroup, string[]]>([
  ['of another VPC, which is associated with this one', group('sg-1', 'nodes', 'vpc-2'), ['nodes']],
  ['whose name nobody knows', group('sg-1', 'nodes'), []],
])('a group %s is read by its id', async (_what, found, names) => {
  const { finder, asked } = finderIn(...OWN, found);
  expect(ids(await finder.ofInterfaces([worker(['sg-1'], names)]))).toEqual(['sg-1']);
  expect(asked).toEqual([['vpc-id', 'group-name'], ['group-id']]);
});

it('takes no group for that of an interface or a quarantine because its name matches', async () => {
  const { finder } = finderIn(...OWN, group('sg-1', '*'), group('sg-2', 'nodes'));
  expect(ids(await finder.ofInterfaces([worker(['sg-1'], ['*'])]))).toEqual(['sg-1']);
  expect(ids(await finder.find('vpc-1'))).toEqual(['own-closed', 'own-open']);
});
