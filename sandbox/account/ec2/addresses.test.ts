import {
  AssignIpv6AddressesCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  type DescribeNetworkInterfacesCommandInput,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DisassociateAddressCommand,
  type EC2Client,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySubnetAttributeCommand,
  UnassignIpv6AddressesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { ec2Account, nodeGroup, refusalCode, trailed } from './ec2.fixture.ts';
import type { NetworkInterface } from './network-interfaces.ts';

const ACCOUNT = '111122223333';
const publicIpOf = ({ associations, privateIps }: NetworkInterface) => associations.get(privateIps[0])?.publicIp;

describe('an instance with an Elastic IP address, IPv6 and three interfaces', () => {
  const exposure = { publicAddress: 'elastic', ipv6: true, interfaces: 3, openPorts: [22] };
  const exposed = nodeGroup({ exposure });

  it('is shown as EC2 shows it', async () => {
    const { ec2, at, workers } = ec2Account([exposed], { network: 'internet-without-address' });
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    const shown = Reservations?.[0]?.Instances?.[0];
    const [primary, ...others] = shown?.NetworkInterfaces ?? [];
    const nodes = at.state.eks.cluster('c').securityGroupId;
    expect(shown?.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual([expect.any(String), 'open-22']);
    expect(shown?.PublicIpAddress).toMatch(/^198\.19\./);
    expect(shown?.Ipv6Address).toMatch(/^2001:db8:/);
    expect(primary).toMatchObject({
      Association: { PublicIp: shown?.PublicIpAddress, IpOwnerId: ACCOUNT },
      Ipv6Addresses: [{ Ipv6Address: shown?.Ipv6Address, IsPrimaryIpv6: false }],
      Attachment: { DeviceIndex: 0, Status: 'attached' },
      Groups: [{ GroupId: nodes }, { GroupName: 'open-22' }],
    });
    expect(others.map(({ Attachment }) => Attachment?.DeviceIndex)).toEqual([1, 2]);
    for (const one of others) {
      expect(one).toMatchObject({ Description: `aws-K8S-${workers()[0]?.id}`, Groups: [{}, { GroupName: 'c-pods' }] });
      expect(one.PrivateIpAddresses).toHaveLength(3);
      expect(one.Association).toBeUndefined();
    }
    const Filters = [{ Name: 'tag:cluster.k8s.amazonaws.com/name', Values: ['c'] }];
    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    expect(NetworkInterfaces).toHaveLength(2);
    const [address] = (await ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [];
    const one = await ec2.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [{ Name: 'association.public-ip', Values: [address?.PublicIp ?? ''] }],
      }),
    );
    expect(one.NetworkInterfaces?.[0]?.Association).toMatchObject({
      AllocationId: address?.AllocationId,
      AssociationId: address?.AssociationId,
      IpOwnerId: ACCOUNT,
    });
    expect(address).toMatchObject({ InstanceId: workers()[0]?.id, Domain: 'vpc' });
  });

  it('gets them while it is launched, and the trail tells of it within seconds', async () => {
    const { at, workers } = ec2Account([nodeGroup({ desiredSize: 0 })], {
      fleet: { launches: [{ at: '+1m', cluster: 'c', nodeGroup: 'g', exposure }] },
    });
    await at.play(600_000);
    const [worker] = workers();
    expect(worker?.interfaces).toHaveLength(3);
    expect(publicIpOf(worker!.interfaces[0]!)).toMatch(/^198\.19\./);
    const [launch] = trailed(at, 'RunInstances');
    expect(launch).toMatchObject({
      source: 'aws.ec2',
      eventSource: 'ec2.amazonaws.com',
      responseElements: { instancesSet: { items: [{ instanceId: worker?.id }] } },
      userIdentity: { invokedBy: 'autoscaling.amazonaws.com' },
    });
    expect(launch).not.toHaveProperty('errorCode');
    const delay = launch!.at - worker!.launchedAt;
    expect(delay).toBeGreaterThanOrEqual(5000);
    expect(delay).toBeLessThanOrEqual(15_000);
    expect(trailed(at, 'AttachNetworkInterface')).toMatchObject([
      { requestParameters: { instanceId: worker?.id, deviceIndex: 1 } },
      { requestParameters: { instanceId: worker?.id, deviceIndex: 2 } },
    ]);
    expect(trailed(at, 'AssociateAddress')).toMatchObject([
      { requestParameters: { networkInterfaceId: worker?.interfaces[0]?.id } },
    ]);
  });

  it('has interfaces that are found by instance, group, VPC and id', async () => {
    const { ec2, workers } = ec2Account([nodeGroup({ desiredSize: 2, exposure: { interfaces: 2, openPorts: [22] } })]);
    const [worker] = workers();
    const [primary, second] = worker!.interfaces;
    const found = async (Name: string, ...Values: string[]) => {
      const { NetworkInterfaces } = await ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values }] }),
      );
      return NetworkInterfaces?.map(({ NetworkInterfaceId }) => NetworkInterfaceId);
    };
    expect(await found('attachment.instance-id', worker!.id)).toEqual([primary!.id, second!.id].sort());
    expect(await found('network-interface-id', second!.id)).toEqual([second!.id]);
    expect(await found('group-id', primary!.securityGroupIds[1]!)).toHaveLength(2);
    // Two more belong to the control plane.
    expect(await found('vpc-id', worker!.vpcId)).toHaveLength(6);
    expect(await found('subnet-id', worker!.subnetId)).toContain(primary!.id);
    const unknown = ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ['eni-0'] }));
    expect(await refusalCode(unknown)).toBe('InvalidNetworkInterfaceID.NotFound');
  });

  it('comes in pages of its interfaces', async () => {
    const { ec2 } = ec2Account([nodeGroup({ desiredSize: 3, exposure: { interfaces: 3 } })]);
    const Filters = [{ Name: 'attachment.instance-owner-id', Values: [ACCOUNT] }];
    const page = (NextToken?: string) =>
      ec2.send(new DescribeNetworkInterfacesCommand({ Filters, MaxResults: 5, NextToken }));
    const first = await page();
    const second = await page(first.NextToken);
    expect([first, second].map(({ NetworkInterfaces }) => NetworkInterfaces?.length)).toEqual([5, 4]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe('interfaces that are not of this account alone', () => {
  const described = async (ec2: EC2Client, input: DescribeNetworkInterfacesCommandInput) =>
    (await ec2.send(new DescribeNetworkInterfacesCommand(input))).NetworkInterfaces ?? [];

  it('are those of the control plane, as EC2 has been recorded to show them: attached to an instance of EKS', async () => {
    const { ec2, at } = ec2Account();
    const Filters = [{ Name: 'description', Values: ['Amazon EKS c'] }];
    const found = await described(ec2, { Filters });
    expect(found).toHaveLength(2);
    for (const one of found) {
      expect(one).toMatchObject({
        OwnerId: ACCOUNT,
        RequesterManaged: false,
        RequesterId: expect.stringMatching(/^AROA[0-9A-F]+:AmazonEKS$/),
        Groups: [{ GroupId: at.state.eks.cluster('c').securityGroupId }],
      });
      expect(one.Attachment?.InstanceOwnerId).not.toBe(ACCOUNT);
      expect(one.Attachment).not.toHaveProperty('InstanceId');
    }
  });

  it('and those of EKS Auto Mode, which hide until they are asked for', async () => {
    const { ec2 } = ec2Account([nodeGroup()], { autoMode: { instances: 2 } });
    const Filters = [{ Name: 'attachment.instance-owner-id', Values: [ACCOUNT] }];
    expect(await described(ec2, { Filters })).toHaveLength(1);
    const all = await described(ec2, { Filters, IncludeManagedResources: true });
    expect(all.map(({ Operator }) => Operator?.Principal).sort()).toEqual([
      'eks.amazonaws.com',
      'eks.amazonaws.com',
      undefined,
    ]);
  });
});

describe('an automatic public address', () => {
  const modify = (one: NetworkInterface, AssociatePublicIpAddress: boolean) =>
    new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: one.id, AssociatePublicIpAddress });

  it('is taken off a running instance, and a new one is never the same', async () => {
    const { ec2, workers, at } = ec2Account([nodeGroup()], { network: 'internet' });
    const primary = workers()[0]!.interfaces[0]!;
    const before = publicIpOf(primary);
    expect(before).toMatch(/^198\.18\./);
    await ec2.send(modify(primary, false));
    expect(publicIpOf(primary)).toBeUndefined();
    await at.play(60_000);
    expect(publicIpOf(primary)).toBeUndefined();
    await ec2.send(modify(primary, true));
    const second = publicIpOf(primary);
    await ec2.send(modify(primary, false));
    await ec2.send(modify(primary, true));
    expect(new Set([before, second, publicIpOf(primary)]).size).toBe(3);
  });

  it('changes nothing on an interface that is not the primary one', async () => {
    const { ec2, workers } = ec2Account([nodeGroup({ exposure: { interfaces: 2 } })]);
    const second = workers()[0]!.interfaces[1]!;
    await ec2.send(modify(second, true));
    expect(second.associations.size).toBe(0);
  });

  it.each([
    ['comes back by itself a moment after an Elastic one went', 'internet', 1, true],
    ['does not where the instance has a second interface', 'internet', 2, false],
    ['does not where the subnet gives none', 'internet-without-address', 1, false],
  ])('%s', async (_what, network, interfaces, returns) => {
    const exposure = { publicAddress: 'elastic', interfaces };
    const { ec2, at, workers } = ec2Account([nodeGroup({ exposure })], { network });
    const primary = workers()[0]!.interfaces[0]!;
    const AssociationId = primary.associations.get(primary.privateIps[0])?.elastic?.associationId;
    await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    expect(publicIpOf(primary)).toBeUndefined();
    await at.play(20_000);
    expect(publicIpOf(primary) !== undefined).toBe(returns);
  });
});

describe('an Elastic IP address', () => {
  const account = () => {
    const known = ec2Account([nodeGroup({ desiredSize: 2, exposure: { interfaces: 2 } })]);
    const address = known.at.state.networks.addresses.allocate();
    const [a, b] = known.workers().map(({ interfaces }) => interfaces[0]!);
    const associate = (to: NetworkInterface, more: object = {}) =>
      known.ec2.send(
        new AssociateAddressCommand({ AllocationId: address.allocationId, NetworkInterfaceId: to.id, ...more }),
      );
    return { ...known, address, a: a!, b: b!, associate };
  };

  it('is associated, again without a change, moved only when that is allowed, and disassociated', async () => {
    const { ec2, at, address, a, b, associate } = account();
    const { AssociationId } = await associate(a);
    expect((await associate(a)).AssociationId).toBe(AssociationId);
    expect(await refusalCode(associate(b))).toBe('Resource.AlreadyAssociated');
    const moved = await associate(b, { AllowReassociation: true });
    expect(moved.AssociationId).not.toBe(AssociationId);
    expect([publicIpOf(a), publicIpOf(b)]).toEqual([undefined, address.publicIp]);
    await ec2.send(new DisassociateAddressCommand({ AssociationId: moved.AssociationId }));
    const again = ec2.send(new DisassociateAddressCommand({ AssociationId: moved.AssociationId }));
    expect(await refusalCode(again)).toBe('InvalidAssociationID.NotFound');
    const AllocationIds = [address.allocationId];
    const [shown] = (await ec2.send(new DescribeAddressesCommand({ AllocationIds }))).Addresses ?? [];
    expect(shown).toMatchObject({ PublicIp: address.publicIp });
    expect(shown).not.toHaveProperty('AssociationId');
    await at.play(15_000);
    expect(trailed(at, 'AssociateAddress')[0]).toMatchObject({
      requestParameters: { allocationId: address.allocationId, networkInterfaceId: a.id },
      responseElements: { associationId: AssociationId },
      userIdentity: { type: 'IAMUser' },
    });
  });

  it('may go to a secondary private address', async () => {
    const { workers, address, associate } = account();
    const second = workers()[0]!.interfaces[1]!;
    await associate(second, { PrivateIpAddress: second.privateIps[2] });
    expect(second.associations.get(second.privateIps[2]!)?.publicIp).toBe(address.publicIp);
    expect(publicIpOf(second)).toBeUndefined();
    expect(await refusalCode(associate(second, { PrivateIpAddress: '10.9.9.9' }))).toBe('InvalidParameterValue');
  });

  it.each([
    [{ AllocationId: 'eipalloc-0' }, 'InvalidAllocationID.NotFound'],
    [{ NetworkInterfaceId: 'eni-0' }, 'InvalidNetworkInterfaceID.NotFound'],
    [{ NetworkInterfaceId: undefined }, 'MissingParameter'],
    [{ InstanceId: 'i-0' }, 'NotImplementedBySandbox'],
  ])('is refused for %o', async (input, code) => {
    const { a, associate } = account();
    expect(await refusalCode(associate(a, input))).toBe(code);
  });

  it('is free again when its instance is terminated', async () => {
    const { at, workers, address, a, associate } = account();
    await associate(a);
    at.state.instances.terminate(workers()[0]!, 1000, () => {});
    await at.play(1000);
    expect(at.state.networks.addresses.associationOf(address.allocationId)).toBeUndefined();
    expect(at.state.networks.interfaces.get(a.id)).toBeUndefined();
  });
});

describe('IPv6', () => {
  it('is assigned and unassigned', async () => {
    const { ec2, workers } = ec2Account([nodeGroup({ exposure: { ipv6: true } })]);
    const one = workers()[0]!.interfaces[0]!;
    const NetworkInterfaceId = one.id;
    const { AssignedIpv6Addresses = [] } = await ec2.send(
      new AssignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6AddressCount: 2 }),
    );
    expect(one.ipv6Addresses).toHaveLength(3);
    const unassign = (Ipv6Addresses: string[]) =>
      ec2.send(new UnassignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6Addresses }));
    expect((await unassign(AssignedIpv6Addresses)).UnassignedIpv6Addresses).toEqual(AssignedIpv6Addresses);
    expect(await refusalCode(unassign(AssignedIpv6Addresses))).toBe('InvalidParameterValue');
    // A release restores exactly the same address.
    await ec2.send(new AssignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6Addresses: AssignedIpv6Addresses }));
    expect(one.ipv6Addresses.map(({ address }) => address)).toEqual(expect.arrayContaining(AssignedIpv6Addresses));
  });

  it('stays where its address is a primary one', async () => {
    const { ec2, workers } = ec2Account([nodeGroup({ exposure: { ipv6: 'primary' } })]);
    const { id: NetworkInterfaceId, ipv6Addresses } = workers()[0]!.interfaces[0]!;
    const [shown] =
      (await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] })))
        .NetworkInterfaces ?? [];
    const Ipv6Address = ipv6Addresses[0]!.address;
    expect(shown?.Ipv6Addresses).toEqual([{ Ipv6Address, IsPrimaryIpv6: true }]);
    const call = ec2.send(new UnassignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6Addresses: [Ipv6Address] }));
    expect(await refusalCode(call)).toBe('OperationNotPermitted');
    expect(workers()[0]!.interfaces[0]!.ipv6Addresses).toHaveLength(1);
  });

  it.each([
    ['nat', { EgressOnlyInternetGatewayId: expect.stringMatching(/^eigw-0/) }],
    ['internet', { GatewayId: expect.stringMatching(/^igw-0/) }],
  ] as const)('leads out of subnets of the kind %s', async (network, hop) => {
    const { ec2, workers } = ec2Account([nodeGroup({ exposure: { ipv6: true } })], { network });
    const Filters = [{ Name: 'association.subnet-id', Values: [workers()[0]!.subnetId] }];
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    const routes = RouteTables?.[0]?.Routes?.filter(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock);
    expect(routes).toMatchObject([{ DestinationIpv6CidrBlock: '::/0', State: 'active', ...hop }]);
  });

  it('is refused where the subnet has none', async () => {
    const { ec2, workers } = ec2Account();
    const NetworkInterfaceId = workers()[0]!.interfaces[0]!.id;
    const call = ec2.send(new AssignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6AddressCount: 1 }));
    expect(await refusalCode(call)).toBe('InvalidParameterValue');
  });
});

describe('subnets', () => {
  it('tell whether they give public addresses, which can be changed', async () => {
    const { ec2, workers } = ec2Account([nodeGroup({ exposure: { ipv6: true } })], { network: 'internet' });
    const SubnetId = workers()[0]!.subnetId;
    const shown = async () => (await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets?.[0];
    expect(await shown()).toMatchObject({
      MapPublicIpOnLaunch: true,
      AssignIpv6AddressOnCreation: true,
      Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: expect.stringMatching(/^2001:db8:.*::\/64$/) }],
    });
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: false } }));
    expect((await shown())?.MapPublicIpOnLaunch).toBe(false);
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, AssignIpv6AddressOnCreation: { Value: false } }));
    expect((await shown())?.AssignIpv6AddressOnCreation).toBe(false);
    const none = ec2.send(new ModifySubnetAttributeCommand({ SubnetId }));
    expect(await refusalCode(none)).toBe('InvalidParameterCombination');
  });

  it('are found by VPC, in pages, and missed by name', async () => {
    const { ec2, at } = ec2Account([nodeGroup(), nodeGroup({ name: 'h', ssm: { network: 'internet' } })]);
    const Filters = [{ Name: 'vpc-id', Values: [at.state.eks.cluster('c').vpcId] }];
    const page = (NextToken?: string) => ec2.send(new DescribeSubnetsCommand({ Filters, MaxResults: 5, NextToken }));
    const first = await page();
    expect([first, await page(first.NextToken)].map(({ Subnets }) => Subnets?.length)).toEqual([5, 1]);
    const missing = ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0'] }));
    expect(await refusalCode(missing)).toBe('InvalidSubnetID.NotFound');
  });
});
