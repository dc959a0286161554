import { items, type TrailedCall } from '../event-bridge/cloud-trail.ts';
import type { Instance } from './instances.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import type { NewRule, SecurityGroupRule } from './security-groups.ts';

/** CloudTrail's record of an instance's launch, with the parts that are read. */
export function trailOfLaunch(instance: Instance, accountId: string): TrailedCall {
  const { id, imageId, instanceType, subnetId, vpcId, availabilityZone, privateIp, privateDnsName } = instance;
  const groupSet = items((instance.interfaces[0]?.securityGroupIds ?? []).map((groupId) => ({ groupId })));
  return {
    eventName: 'RunInstances',
    requestParameters: {
      instancesSet: { items: [{ minCount: 1, maxCount: 1 }] },
      instanceType,
      availabilityZone,
      subnetId,
      disableApiTermination: false,
    },
    responseElements: {
      ownerId: accountId,
      reservationId: `r-${id.slice(2)}`,
      groupSet: {},
      instancesSet: items([
        {
          instanceId: id,
          imageId,
          instanceState: { code: 0, name: 'pending' },
          instanceType,
          launchTime: instance.launchedAt,
          placement: { availabilityZone, tenancy: 'default' },
          privateIpAddress: privateIp,
          privateDnsName,
          subnetId,
          vpcId,
          groupSet,
          networkInterfaceSet: items(
            instance.interfaces.map(({ id: networkInterfaceId }) => ({
              networkInterfaceId,
              subnetId,
              vpcId,
              privateIpAddress: privateIp,
              groupSet,
            })),
          ),
          tagSet: items([...instance.tags].map(([key, value]) => ({ key, value }))),
        },
      ]),
    },
  };
}

/** CloudTrail's record of the association of an Elastic IP address. */
export const trailOfAssociation = (
  allocationId: string,
  { id }: NetworkInterface,
  privateIpAddress: string,
  associationId: string,
): TrailedCall => ({
  eventName: 'AssociateAddress',
  requestParameters: { allocationId, networkInterfaceId: id, privateIpAddress, allowReassociation: false },
  responseElements: { _return: true, associationId },
});

/** CloudTrail's record of the attachment of an interface. */
export const trailOfAttachment = ({ id, attachment }: NetworkInterface): TrailedCall => ({
  eventName: 'AttachNetworkInterface',
  requestParameters: {
    networkInterfaceId: id,
    instanceId: attachment.instanceId,
    deviceIndex: attachment.deviceIndex,
  },
  responseElements: { _return: true, attachmentId: attachment.id },
});

/** CloudTrail's record of a change of an interface's security groups. */
export const trailOfGroups = (networkInterfaceId: string, groupIds: readonly string[]): TrailedCall => ({
  eventName: 'ModifyNetworkInterfaceAttribute',
  requestParameters: { networkInterfaceId, groupSet: items(groupIds.map((groupId) => ({ groupId }))) },
  responseElements: { _return: true },
});

/** CloudTrail's record of a change of an interface's automatic public address. */
export const trailOfAutomaticAddress = (networkInterfaceId: string, wanted: boolean): TrailedCall => ({
  eventName: 'ModifyNetworkInterfaceAttribute',
  requestParameters: { networkInterfaceId, associatePublicIpAddress: wanted },
  responseElements: { _return: true },
});

/** CloudTrail's record of rules added to a security group. */
export const trailOfIngress = (groupId: string, rules: readonly SecurityGroupRule[], ownerId: string): TrailedCall => ({
  eventName: 'AuthorizeSecurityGroupIngress',
  requestParameters: { groupId, ipPermissions: items(rules.map((rule) => permission(rule, ownerId))) },
  responseElements: {
    _return: true,
    securityGroupRuleSet: items(
      rules.map(({ id, egress, protocol, fromPort, toPort, peer }) => ({
        groupOwnerId: ownerId,
        groupId,
        securityGroupRuleId: id,
        isEgress: egress,
        ipProtocol: protocol,
        fromPort: fromPort ?? -1,
        toPort: toPort ?? -1,
        ...(peer.startsWith('sg-') ? { referencedGroupInfo: { groupId: peer, userId: ownerId } } : {}),
        ...(peer.includes('/') ? { [peer.includes(':') ? 'cidrIpv6' : 'cidrIpv4']: peer } : {}),
      })),
    ),
  },
});

/** CloudTrail's record of changed rules of a security group. It nests the request, in the request's own case. */
export const trailOfModification = (groupId: string, rules: readonly SecurityGroupRule[]): TrailedCall => ({
  eventName: 'ModifySecurityGroupRules',
  requestParameters: {
    ModifySecurityGroupRulesRequest: {
      GroupId: groupId,
      SecurityGroupRule: rules.map(({ id, protocol, fromPort = -1, toPort = -1, peer, description = '' }, index) => ({
        SecurityGroupRuleId: id,
        SecurityGroupRule: {
          IpProtocol: protocol,
          FromPort: fromPort,
          ToPort: toPort,
          Description: description,
          ...(peer.startsWith('sg-') && { ReferencedGroupId: peer }),
          ...(peer.startsWith('pl-') && { PrefixListId: peer }),
          ...(peer.includes('/') && { [peer.includes(':') ? 'CidrIpv6' : 'CidrIpv4']: peer }),
        },
        tag: index + 1,
      })),
    },
  },
  responseElements: { ModifySecurityGroupRulesResponse: { return: true } },
});

function permission({ protocol, fromPort, toPort, peer }: NewRule, userId: string) {
  const isGroup = peer.startsWith('sg-');
  const isIpv6 = peer.includes(':');
  return {
    ipProtocol: protocol,
    ...(fromPort === undefined ? {} : { fromPort }),
    ...(toPort === undefined ? {} : { toPort }),
    groups: items(isGroup ? [{ groupId: peer, userId }] : []),
    ipRanges: items(isGroup || isIpv6 ? [] : [{ cidrIp: peer }]),
    ipv6Ranges: items(isIpv6 ? [{ cidrIpv6: peer }] : []),
    prefixListIds: {},
  };
}
