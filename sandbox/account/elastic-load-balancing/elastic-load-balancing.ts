import { isIPv4 } from 'node:net';
import {
  DeregisterTargets$,
  type DeregisterTargetsCommandInput,
  type DeregisterTargetsCommandOutput,
  type TargetGroup as DescribedTargetGroup,
  DescribeTargetGroups$,
  type DescribeTargetGroupsCommandInput,
  type DescribeTargetGroupsCommandOutput,
  DescribeTargetHealth$,
  type DescribeTargetHealthCommandInput,
  type DescribeTargetHealthCommandOutput,
  RegisterTargets$,
  type RegisterTargetsCommandInput,
  type RegisterTargetsCommandOutput,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import type { Target, TargetGroup, TargetGroups, TargetId } from './target-groups.ts';

const MAX_PAGE = 400;

/** Elastic Load Balancing (v2), limited to target groups and their targets. */
export function createElasticLoadBalancing({ time }: World, groups: TargetGroups): Service {
  const permissions =
    (action: string) =>
    ({ TargetGroupArn = '' }: { TargetGroupArn: string | undefined }): Permission[] => [
      { action: `elasticloadbalancing:${action}`, resource: TargetGroupArn },
    ];
  return {
    signingName: 'elasticloadbalancing',
    iamPrefix: 'elasticloadbalancing',
    protocol: 'query',
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    operations: {
      DescribeTargetGroups: operation<DescribeTargetGroupsCommandInput, DescribeTargetGroupsCommandOutput>(
        DescribeTargetGroups$,
        ['TargetGroupArns', 'Names', 'LoadBalancerArn', 'PageSize', 'Marker'],
        (input) => {
          const { PageSize = MAX_PAGE, Marker } = input;
          if (PageSize < 1 || PageSize > MAX_PAGE) {
            throw invalid(`PageSize must be between 1 and ${MAX_PAGE}`);
          }
          const name = (group: TargetGroup) => group.name;
          const found = find(groups, input).sort(byText(name));
          const { items, nextToken } = pageOf(found, name, PageSize, Marker, () => invalid('The marker is not valid'));
          return { TargetGroups: items.map(describe), NextMarker: nextToken };
        },
      ),
      DescribeTargetHealth: operation<DescribeTargetHealthCommandInput, DescribeTargetHealthCommandOutput>(
        DescribeTargetHealth$,
        ['TargetGroupArn', 'Targets'],
        ({ TargetGroupArn, Targets }) => {
          const group = existing(groups, TargetGroupArn);
          const targets = Targets?.map((target) => known(groups, group, target)) ?? [...group.targets.values()];
          return {
            TargetHealthDescriptions: targets.map(({ id, port }) => ({
              Target: { Id: id, Port: port, ...serverIdOf(group, { id, port }), ...zoneOf(groups, group, id) },
              HealthCheckPort: String(port),
              TargetHealth: groups.healthOf(group, { id, port }),
            })),
          };
        },
      ),
      RegisterTargets: operation<RegisterTargetsCommandInput, RegisterTargetsCommandOutput>(
        RegisterTargets$,
        ['TargetGroupArn', 'Targets'],
        ({ TargetGroupArn, Targets = [] }) => {
          const group = existing(groups, TargetGroupArn);
          const targets = Targets.map(({ QuicServerId: quicServerId, ...target }) => ({
            ...known(groups, group, target),
            quicServerId,
          }));
          refuseUnfit(groups, group, targets);
          refuseServerIds(group, targets);
          for (const target of targets) groups.register(group, target, time.now);
          return {};
        },
        permissions('RegisterTargets'),
      ),
      DeregisterTargets: operation<DeregisterTargetsCommandInput, DeregisterTargetsCommandOutput>(
        DeregisterTargets$,
        ['TargetGroupArn', 'Targets'],
        // "If the specified target does not exist, the action returns successfully." (API reference)
        ({ TargetGroupArn, Targets = [] }) => {
          const group = existing(groups, TargetGroupArn);
          for (const target of Targets.map((one) => targetId(group, one))) groups.deregister(group, target);
          return {};
        },
        permissions('DeregisterTargets'),
      ),
    },
  };
}

const invalid = (message: string) => new AwsError('ValidationError', message);
const quoted = (ids: readonly string[]) => ids.map((id) => `'${id}'`).join(', ');

/** The target groups that an input selects. */
function find(
  groups: TargetGroups,
  { TargetGroupArns, Names, LoadBalancerArn }: DescribeTargetGroupsCommandInput,
): TargetGroup[] {
  if ([TargetGroupArns, Names, LoadBalancerArn].filter((filter) => filter !== undefined).length > 1) {
    throw invalid('You can specify one of load balancer ARN, target group ARNs and target group names');
  }
  if (LoadBalancerArn !== undefined) {
    const found = groups.list().filter(({ loadBalancerArn }) => loadBalancerArn === LoadBalancerArn);
    if (found.length === 0) throw new AwsError('LoadBalancerNotFound', `Load balancer '${LoadBalancerArn}' not found`);
    return found;
  }
  const wanted = new Set(TargetGroupArns ?? Names);
  if (wanted.size === 0) return groups.list();
  const found = groups.list().filter(({ arn, name }) => wanted.has(TargetGroupArns === undefined ? name : arn));
  if (found.length < wanted.size) throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
  return found;
}

/** @throws TargetGroupNotFound, ValidationError */
function existing(groups: TargetGroups, arn = ''): TargetGroup {
  if (!/^arn:[^:]+:elasticloadbalancing:[^:]+:\d{12}:targetgroup\/[^/]+\/[0-9a-f]+$/.test(arn)) {
    throw invalid(`'${arn}' is not a valid target group ARN`);
  }
  const group = groups.get(arn);
  if (group === undefined) throw new AwsError('TargetGroupNotFound', `Target groups '${arn}' not found`);
  return group;
}

function targetId(group: TargetGroup, { Id = '', Port = group.port, ...more }: TargetDescription): TargetId {
  const [other] = Object.keys(more);
  if (other !== undefined) throw new NotImplemented(`elasticloadbalancing targets with ${other}`);
  return { id: Id, port: Port };
}

/** @throws InvalidTarget when the instance does not exist, or the address is invalid */
function known(groups: TargetGroups, group: TargetGroup, target: TargetDescription): TargetId {
  const id = targetId(group, target);
  if (group.type === 'ip' && !isIPv4(id.id)) {
    throw invalid(`The IP address '${id.id}' is not a valid IPv4 address`);
  }
  if (group.type === 'instance' && groups.instanceOf(group, id.id) === undefined) {
    throw new AwsError('InvalidTarget', `The following instances do not exist: '${id.id}'`);
  }
  return id;
}

/** @throws InvalidTarget for instances that are not running, or are in another VPC */
function refuseUnfit(groups: TargetGroups, group: TargetGroup, targets: readonly TargetId[]): void {
  const instances = targets.flatMap(({ id }) => groups.instanceOf(group, id) ?? []);
  const named = (list: typeof instances) =>
    quoted(list.map(({ id, privateIp }) => (group.type === 'instance' ? id : privateIp)));
  const nonWorkers = instances.filter(({ vpcId }) => vpcId !== group.vpcId);
  if (nonWorkers.length > 0) {
    const message = `The following targets are not in the target group VPC '${group.vpcId}': ${named(nonWorkers)}`;
    throw new AwsError('InvalidTarget', message);
  }
  const idle = group.type === 'ip' ? [] : instances.filter(({ state }) => state !== 'running');
  if (idle.length > 0) {
    const message = `The following targets are not in a running state and cannot be registered: ${named(idle)}`;
    throw new AwsError('InvalidTarget', message);
  }
}

/** @throws ValidationError where a target of QUIC has no server id of its own, or another target has one */
function refuseServerIds(group: TargetGroup, targets: ReadonlyArray<Pick<Target, 'quicServerId'>>): void {
  for (const { quicServerId } of targets) {
    const fits = group.protocol === 'QUIC' ? /^0x[0-9a-f]{16}$/.test(quicServerId ?? '') : quicServerId === undefined;
    if (!fits) throw invalid(`A QUIC server ID is required for targets of protocol QUIC, and of no other protocol`);
  }
}

const serverIdOf = (group: TargetGroup, { id, port }: TargetId): Pick<TargetDescription, 'QuicServerId'> => {
  const target = [...group.targets.values()].find((each) => each.id === id && each.port === port);
  return target?.quicServerId === undefined ? {} : { QuicServerId: target.quicServerId };
};

/** Elastic Load Balancing determines the zone of an address itself, and returns none for instances. */
function zoneOf(groups: TargetGroups, group: TargetGroup, id: string): Pick<TargetDescription, 'AvailabilityZone'> {
  if (group.type === 'instance') return {};
  return { AvailabilityZone: groups.instanceOf(group, id)?.availabilityZone };
}

const describe = (group: TargetGroup): DescribedTargetGroup => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: group.protocol,
  Port: group.port,
  VpcId: group.vpcId,
  HealthCheckProtocol: 'TCP',
  HealthCheckPort: 'traffic-port',
  HealthCheckEnabled: true,
  HealthCheckIntervalSeconds: 10,
  HealthCheckTimeoutSeconds: 10,
  HealthyThresholdCount: 3,
  UnhealthyThresholdCount: 3,
  LoadBalancerArns: group.isUsed ? [group.loadBalancerArn] : [],
  TargetType: group.type,
  IpAddressType: 'ipv4',
});
