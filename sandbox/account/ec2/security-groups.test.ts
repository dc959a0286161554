import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { type Ec2Account, ec2Account, nodeGroup, refusalCode, trailed } from './ec2.fixture.ts';

const ssh: IpPermission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const everything: IpPermission[] = [
  { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
  { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
];

const vpcOf = ({ at }: Ec2Account) => at.state.eks.cluster('c').vpcId;
const create = async (account: Ec2Account, GroupName: string, more: object = {}) => {
  const command = new CreateSecurityGroupCommand({ GroupName, Description: 'd', VpcId: vpcOf(account), ...more });
  return (await account.ec2.send(command)).GroupId!;
};
const swap = ({ ec2 }: Ec2Account, NetworkInterfaceId: string, ...Groups: string[]) =>
  ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }));
const ingress = ({ ec2 }: Ec2Account, GroupId: string, ...IpPermissions: IpPermission[]) =>
  ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));

describe('a security group', () => {
  it('is made with its tags, and lets everything out over IPv4 and nothing in', async () => {
    const account = ec2Account();
    const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags: [{ Key: 'owner', Value: 'me' }] }];
    const GroupId = await create(account, 'closed', { TagSpecifications });
    const Filters = [
      { Name: 'tag:owner', Values: ['me'] },
      { Name: 'group-name', Values: ['closed'] },
    ];
    const { SecurityGroups } = await account.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    expect(SecurityGroups).toMatchObject([
      {
        GroupId,
        VpcId: vpcOf(account),
        IpPermissions: [],
        IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [] }],
        Tags: [{ Key: 'owner', Value: 'me' }],
      },
    ]);
  });

  it.each([
    [{}, 'InvalidGroup.Duplicate'],
    [{ VpcId: 'vpc-0' }, 'InvalidVpcID.NotFound'],
    [{ VpcId: undefined }, 'VPCIdNotSpecified'],
    [{ GroupName: 'sg-mine' }, 'InvalidParameterValue'],
    [{ GroupName: 'x', TagSpecifications: [{ ResourceType: 'instance' }] }, 'InvalidParameterValue'],
  ])('is refused for %o', async (input, code) => {
    const account = ec2Account();
    await create(account, 'closed');
    expect(await refusalCode(create(account, 'closed', input))).toBe(code);
  });

  it('gains and loses rules, by their terms and by their ids', async () => {
    const account = ec2Account();
    const { ec2, at } = account;
    const GroupId = await create(account, 'rules');
    const pair = { IpProtocol: 'udp', FromPort: 53, ToPort: 53, UserIdGroupPairs: [{ GroupId }] };
    const added = await ingress(account, GroupId, ssh, pair);
    expect(added.SecurityGroupRules).toMatchObject([
      { CidrIpv4: '0.0.0.0/0', FromPort: 22, IsEgress: false },
      { ReferencedGroupInfo: { GroupId }, IpProtocol: 'udp' },
    ]);
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything[1]!] }));
    const Filters = [{ Name: 'group-id', Values: [GroupId] }];
    const shown = async () =>
      (await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }))).SecurityGroupRules?.length;
    expect(await shown()).toBe(4);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [pair] }));
    const SecurityGroupRuleIds = [added.SecurityGroupRules![0]!.SecurityGroupRuleId!];
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds }));
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: everything }));
    expect(await shown()).toBe(0);
    await at.play(15_000);
    expect(trailed(at, 'AuthorizeSecurityGroupIngress')).toMatchObject([
      {
        requestParameters: {
          groupId: GroupId,
          ipPermissions: {
            items: [
              { ipProtocol: 'tcp', fromPort: 22, toPort: 22, ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } },
              { groups: { items: [{ groupId: GroupId }] }, ipRanges: {} },
            ],
          },
        },
        responseElements: { securityGroupRuleSet: { items: [{ groupId: GroupId }, { groupId: GroupId }] } },
      },
    ]);
  });

  it('is refused rules that are there, are not there, or make no sense', async () => {
    const account = ec2Account();
    const GroupId = await create(account, 'rules');
    await ingress(account, GroupId, ssh);
    const revoke = new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [ssh] });
    const prefixes = { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-0' }] };
    const calls = [
      [ingress(account, GroupId, ssh), 'InvalidPermission.Duplicate'],
      [ingress(account, GroupId, everything[0]!, everything[0]!), 'InvalidPermission.Duplicate'],
      [ingress(account, 'sg-0', ssh), 'InvalidGroup.NotFound'],
      [account.ec2.send(revoke), 'InvalidPermission.NotFound'],
      [ingress(account, GroupId, { IpProtocol: 'tcp', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }), 'InvalidParameterValue'],
      [ingress(account, GroupId, { ...ssh, IpRanges: [{ CidrIp: 'all' }] }), 'InvalidParameterValue'],
      [ingress(account, GroupId, prefixes), 'InvalidPrefixListID.NotFound'],
    ] as const;
    for (const [call, code] of calls) expect(await refusalCode(call)).toBe(code);
    expect(account.at.state.networks.securityGroups.get(GroupId)?.rules).toHaveLength(2);
  });
});

describe('ModifyNetworkInterfaceAttribute', () => {
  it('replaces the set of security groups, and the trail tells of it', async () => {
    const account = ec2Account();
    const one = account.workers()[0]!.interfaces[0]!;
    const groups = [await create(account, 'a'), await create(account, 'b')];
    await swap(account, one.id, ...groups);
    expect(one.securityGroupIds).toEqual(groups);
    await account.at.play(15_000);
    expect(trailed(account.at, 'ModifyNetworkInterfaceAttribute')).toMatchObject([
      {
        requestParameters: {
          networkInterfaceId: one.id,
          groupSet: { items: groups.map((groupId) => ({ groupId })) },
        },
      },
    ]);
  });

  it('of a function is in the trail with the role of the function', async () => {
    const { at, workers } = ec2Account();
    const { id: NetworkInterfaceId, securityGroupIds } = workers()[0]!.interfaces[0]!;
    const operation = at.service('ec2').operations.ModifyNetworkInterfaceAttribute;
    const caller = { function: 'quarantine-workers', roleLogicalId: 'QuarantineRole', invocationId: '1' };
    await operation?.run({ NetworkInterfaceId, Groups: securityGroupIds } as never, { caller, requestId: 'r' });
    await at.play(15_000);
    expect(trailed(at, 'ModifyNetworkInterfaceAttribute')).toMatchObject([
      {
        requestID: 'r',
        userIdentity: {
          type: 'AssumedRole',
          arn: 'arn:aws:sts::111122223333:assumed-role/QuarantineRole/quarantine-workers',
          sessionContext: { sessionIssuer: { userName: 'QuarantineRole' } },
        },
      },
    ]);
  });

  it.each([
    ['an interface that is not there', { NetworkInterfaceId: 'eni-0' }, 'InvalidNetworkInterfaceID.NotFound'],
    ['a group that is not there', { Groups: ['sg-0'] }, 'InvalidGroup.NotFound'],
    ['nothing to change', { Groups: undefined }, 'InvalidParameterCombination'],
    ['two changes at once', { AssociatePublicIpAddress: false }, 'InvalidParameterCombination'],
    ['another attribute', { Groups: undefined, SourceDestCheck: { Value: false } }, 'NotImplementedBySandbox'],
  ])('is refused for %s', async (_what, input, code) => {
    const account = ec2Account();
    const one = account.workers()[0]!.interfaces[0]!;
    const given = { NetworkInterfaceId: one.id, Groups: [...one.securityGroupIds], ...input };
    expect(await refusalCode(account.ec2.send(new ModifyNetworkInterfaceAttributeCommand(given)))).toBe(code);
  });

  it('is refused for groups of another VPC, for more than five, and for what EKS manages', async () => {
    const account = ec2Account([nodeGroup()], {
      name: 'c{n}',
      repeat: 2,
      autoMode: { instances: 1 },
    });
    const { eks, instances, networks } = account.at.state;
    const one = account.workers()[0]!.interfaces[0]!;
    const foreign = eks.cluster(one.vpcId === eks.cluster('c1').vpcId ? 'c2' : 'c1').securityGroupId;
    expect(await refusalCode(swap(account, one.id, foreign))).toBe('InvalidGroup.NotFound');
    const six = Array.from({ length: 6 }, (_, index) => {
      const id = networks.securityGroups.newId();
      const name = `g${index}`;
      return networks.securityGroups.create({ id, vpcId: one.vpcId, name, description: name, tags: new Map() }).id;
    });
    expect(await refusalCode(swap(account, one.id, ...six))).toBe('SecurityGroupsPerInterfaceLimitExceeded');
    const managed = instances.list().find(({ operator }) => operator !== undefined)!.interfaces[0]!;
    expect(await refusalCode(swap(account, managed.id, ...managed.securityGroupIds))).toBe('OperationNotPermitted');
  });
});

describe('a connection from the Internet', () => {
  const somebody = { from: '203.0.113.9', port: 22 };
  const exposed = () => {
    const account = ec2Account([nodeGroup({ exposure: { openPorts: [22], ipv6: true } })], { network: 'internet' });
    const [worker] = account.workers();
    return { ...account, worker: worker!, one: worker!.interfaces[0]!, networks: account.at.state.networks };
  };

  it('survives a swap of the security groups in one step, and dies in two', async () => {
    const account = exposed();
    const { networks, worker, one } = account;
    const [open, closed] = [await create(account, 'open'), await create(account, 'closed')];
    await ingress(account, open, ...everything);
    const IpPermissions = [everything[1]!];
    await account.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: open, IpPermissions }));
    const before = [...one.securityGroupIds];
    const flow = networks.openFlow(worker.id, somebody);
    const overIpv6 = networks.openFlow(worker.id, { from: '2001:db8:ffff::9', port: 22 });
    expect(flow).toMatchObject({ alive: true, tracked: true });
    await swap(account, one.id, closed);
    expect([flow, overIpv6].map(({ alive }) => alive)).toEqual([true, true]);
    await swap(account, one.id, ...before);
    await swap(account, one.id, open);
    expect(flow).toMatchObject({ alive: true, tracked: false });
    await swap(account, one.id, closed);
    expect([flow, overIpv6].map(({ alive }) => alive)).toEqual([false, false]);
    await swap(account, one.id, ...before);
    expect(flow.alive).toBe(false);
  });

  it('stays tracked where only one family, or one way, is open', async () => {
    const account = exposed();
    const [half, closed] = [await create(account, 'half'), await create(account, 'closed')];
    await ingress(account, half, ...everything);
    const flow = account.networks.openFlow(account.worker.id, somebody);
    await swap(account, account.one.id, half);
    await swap(account, account.one.id, closed);
    expect(flow.alive).toBe(true);
  });

  it('dies with the public address by which it came', async () => {
    const { ec2, networks, worker, one } = exposed();
    const flow = networks.openFlow(worker.id, somebody);
    const inside = networks.openFlow(worker.id, { from: '10.0.0.99', port: 22 });
    await ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: one.id, AssociatePublicIpAddress: false }),
    );
    expect([flow.alive, inside.alive]).toEqual([false, true]);
  });

  it('does not come about without a rule, an address or a route', () => {
    const { networks, worker } = exposed();
    expect(networks.openFlow(worker.id, { ...somebody, port: 23 }).alive).toBe(false);
    const hidden = ec2Account([nodeGroup({ exposure: { openPorts: [22], publicAddress: 'automatic' } })]);
    expect(hidden.at.state.networks.openFlow(hidden.workers()[0]!.id, somebody).alive).toBe(false);
  });
});

describe('a rule that is modified', () => {
  const modify = ({ ec2 }: Ec2Account, GroupId: string, SecurityGroupRuleId: string | undefined, more: object) =>
    ec2.send(
      new ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [
          { SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...more } },
        ],
      }),
    );

  it('keeps its id, opens the way at once, and is seen by CloudTrail as that nests it', async () => {
    const account = ec2Account([nodeGroup()], { network: 'internet' });
    const { securityGroupId } = account.at.state.eks.cluster('c');
    const inside = { ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/8' }] };
    const [rule] = (await ingress(account, securityGroupId, inside)).SecurityGroupRules ?? [];
    const id = rule?.SecurityGroupRuleId;
    expect(account.at.state.networks.isReachable(account.workers()[0]!.id)).toBe(false);
    await modify(account, securityGroupId, id, { CidrIpv4: '0.0.0.0/0' });
    expect(account.at.state.networks.isReachable(account.workers()[0]!.id)).toBe(true);
    const Filters = [{ Name: 'security-group-rule-id', Values: [id ?? ''] }];
    const { SecurityGroupRules } = await account.ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
    expect(SecurityGroupRules).toMatchObject([{ SecurityGroupRuleId: id, IsEgress: false, CidrIpv4: '0.0.0.0/0' }]);
    await account.at.play(15_000);
    const request = { GroupId: securityGroupId, SecurityGroupRule: [{ SecurityGroupRuleId: id }] };
    expect(trailed(account.at, 'ModifySecurityGroupRules')).toMatchObject([
      { requestParameters: { ModifySecurityGroupRulesRequest: request } },
    ]);
  });

  it('is refused where there is no such rule, no source, or the same rule already', async () => {
    const account = ec2Account();
    const group = await create(account, 'some');
    const added = await ingress(account, group, ssh, { ...ssh, IpRanges: [{ CidrIp: '10.0.0.0/8' }] });
    const [, second] = added.SecurityGroupRules ?? [];
    const id = second?.SecurityGroupRuleId;
    const cidr = { CidrIpv4: '0.0.0.0/0' };
    expect(await refusalCode(modify(account, group, 'sgr-0123456789abcdef0', cidr))).toBe(
      'InvalidSecurityGroupRuleId.NotFound',
    );
    expect(await refusalCode(modify(account, group, id, {}))).toBe('InvalidPermission.Malformed');
    expect(await refusalCode(modify(account, group, id, { ...cidr, CidrIpv6: '::/0' }))).toBe(
      'InvalidParameterCombination',
    );
    expect(await refusalCode(modify(account, group, id, cidr))).toBe('InvalidPermission.Duplicate');
  });
});

describe('whether the Internet reaches an instance', () => {
  it.each([
    [true, 'internet', { openPorts: [22] }],
    [false, 'internet', {}],
    [false, 'internet', { openPorts: [22], publicAddress: 'none' }],
    [true, 'internet-without-address', { openPorts: [22], publicAddress: 'elastic' }],
    [false, 'internet-without-address', { openPorts: [22] }],
    [false, 'nat', { openPorts: [22], publicAddress: 'automatic' }],
    [true, 'nat', { openPorts: [22], subnets: 'public' }],
    [true, 'internet-without-address', { openPorts: [22], ipv6: true }],
    [false, 'nat', { openPorts: [22], ipv6: true }],
  ] as const)('is %s by the way %s with %o', (reachable, network, exposure) => {
    const { at, workers } = ec2Account([nodeGroup({ exposure })], { network });
    expect(at.state.networks.isReachable(workers()[0]!.id)).toBe(reachable);
  });

  it.each([
    ['10.0.0.0/8', false],
    ['192.168.0.0/16', false],
    ['203.0.113.0/24', true],
    ['0.0.0.0/1', true],
  ])('depends on whom a rule admits: %s', async (CidrIp, reachable) => {
    const account = ec2Account([nodeGroup()], { network: 'internet' });
    await ingress(account, account.at.state.eks.cluster('c').securityGroupId, { ...ssh, IpRanges: [{ CidrIp }] });
    expect(account.at.state.networks.isReachable(account.workers()[0]!.id)).toBe(reachable);
  });
});
