import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  type EC2Client,
  type IpPermission,
  paginateDescribeVpcEndpoints,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { findByNames, type GroupFinder, groupFinder } from './group-finder.ts';
import type { StepSubject } from './step.ts';

/** Names of the quarantine's security groups, after the stack's name. */
const NAMES = { untracking: 'untrack', closed: 'quarantine', systemsManager: 'quarantine-ssm' } as const;
type Kind = keyof typeof NAMES;
const KINDS = ['untracking', 'closed', 'systemsManager'] as const satisfies Kind[];

const DESCRIPTIONS: Readonly<Record<Kind, string>> = {
  untracking: 'EKS Host Remediator: open for a moment, so that connections are tracked no more',
  closed: 'EKS Host Remediator: nothing in, nothing out',
  systemsManager: 'EKS Host Remediator: nothing in, and out to the Systems Manager endpoints only',
};

/**
 * The stack of this product that created a security group for its quarantines; undefined for any other group. A group's
 * name and description never change after its creation (EC2 API reference, CreateSecurityGroup), but anybody may set
 * its tags. A person who can put a worker into a group can also open the group.
 */
export function stackOf({
  GroupName = '',
  Description = '',
}: Pick<SecurityGroup, 'GroupName' | 'Description'>): string | undefined {
  const kind = KINDS.find((each) => DESCRIPTIONS[each] === Description && GroupName.endsWith(`-${NAMES[each]}`));
  return kind && GroupName.slice(0, -NAMES[kind].length - 1);
}

const groupName = (stackName: string, kind: Kind): string => `${stackName}-${NAMES[kind]}`;

/** The endpoints that Session Manager needs. Source: "Create VPC endpoints for Systems Manager". */
const SERVICES = ['ssm', 'ssmmessages', 'ec2messages'];

/**
 * All traffic of both families. Connections under such rules are not tracked. Source: EC2 user guide, "Connection
 * tracking".
 */
const EVERYTHING: IpPermission = {
  IpProtocol: '-1',
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
  Ipv6Ranges: [{ CidrIpv6: '::/0' }],
};

/**
 * The additional egress that a new group may have in a VPC with IPv6. Source: EC2 API reference, CreateSecurityGroup
 * and AuthorizeSecurityGroupEgress (default rules).
 */
const ONLY_IPV6_EGRESS = {
  IpPermissionsEgress: [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }] satisfies IpPermission[],
};

/**
 * What a group that should be closed lets through, in words: all ingress, and all egress. Only a group for Systems Manager
 * reaches security groups, those of endpoints, and these by HTTPS alone.
 */
export function leaksOf({ Description, IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup): string[] {
  const peers = ({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission) => [
    ...IpRanges.map(({ CidrIp }) => CidrIp),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
  ];
  const groups = ({ UserIdGroupPairs = [] }: IpPermission) => UserIdGroupPairs.map(({ GroupId }) => GroupId);
  const reachesEndpoints = Description === DESCRIPTIONS.systemsManager;
  const others = IpPermissionsEgress.filter((rule) => !reachesEndpoints || !isHttps(rule));
  return [
    ...IpPermissions.flatMap((rule) => [...peers(rule), ...groups(rule)]).map((peer) => `ingress from ${peer}`),
    ...[...IpPermissionsEgress.flatMap(peers), ...others.flatMap(groups)].map((peer) => `egress to ${peer}`),
  ];
}

const isHttps = ({ IpProtocol, FromPort, ToPort }: IpPermission): boolean =>
  IpProtocol === 'tcp' && FromPort === 443 && ToPort === 443;

export interface QuarantineGroups {
  readonly untracking: string;
  readonly closed: string;
  /** What the policy requests and the VPC cannot provide. */
  readonly shortfall?: string;
}

/** Makes the finder of a stack's quarantine security groups for one reconcile. */
export const quarantineGroupFinder = (ec2: EC2Client, stackName: string): GroupFinder =>
  groupFinder(
    ec2,
    KINDS.map((kind) => groupName(stackName, kind)),
  );

/**
 * The quarantine security groups of a VPC. Missing groups are created, and modified groups corrected, so that a worker
 * never enters a group that does not do what its name says.
 */
export async function quarantineGroups(
  ec2: EC2Client,
  stackName: string,
  {
    view: { vpcId },
    policy,
    note,
  }: Pick<StepSubject, 'policy' | 'note'> & { readonly view: Pick<StepSubject['view'], 'vpcId'> },
  finder: GroupFinder = quarantineGroupFinder(ec2, stackName),
): Promise<QuarantineGroups> {
  const endpoints = policy.allowSystemsManager ? await endpointGroups(ec2, vpcId) : undefined;
  const closedKind: Kind = endpoints === undefined || endpoints.length === 0 ? 'closed' : 'systemsManager';
  const out = (endpoints ?? []).map(
    (GroupId): IpPermission => ({
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      UserIdGroupPairs: [{ GroupId }],
    }),
  );
  const existing = await finder.find(vpcId);
  const ensure = async (kind: Kind, ingress: IpPermission[], egress: IpPermission[]): Promise<string> => {
    const name = groupName(stackName, kind);
    const found = existing.get(name);
    const group = found ?? (await createGroup(ec2, vpcId, name, kind, note));
    await bringRules(ec2, group, ingress, egress, note);
    // EC2 rejects a call as a whole for one rule that does not exist, so this rule has a call of its own.
    if (found === undefined && kind !== 'untracking') {
      await bringRules(ec2, { ...group, ...ONLY_IPV6_EGRESS }, ingress, egress, note);
    }
    return group.GroupId ?? '';
  };
  const [untracking, closed] = await Promise.all([
    ensure('untracking', [EVERYTHING], [EVERYTHING]),
    ensure(closedKind, [], out),
  ]);
  const noEndpoints = endpoints?.length === 0;
  return {
    untracking,
    closed,
    ...(noEndpoints && { shortfall: `Systems Manager cannot be reached: ${vpcId} lacks an endpoint for it.` }),
  };
}

async function createGroup(
  ec2: EC2Client,
  VpcId: string,
  GroupName: string,
  kind: Kind,
  note: StepSubject['note'],
): Promise<SecurityGroup> {
  try {
    const created = await ec2.send(
      new CreateSecurityGroupCommand({
        VpcId,
        GroupName,
        Description: DESCRIPTIONS[kind],
        TagSpecifications: [
          { ResourceType: 'security-group', Tags: [{ Key: 'eks-host-remediator:quarantine-group', Value: kind }] },
        ],
      }),
    );
    note('ec2', 'CreateSecurityGroup', created);
    // A new group allows all egress over IPv4.
    const out: IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    return { GroupId: created.GroupId, IpPermissions: [], IpPermissionsEgress: [out] };
  } catch (error) {
    // Another reconcile, or a call whose reply was lost, has created it meanwhile.
    if (!(error instanceof Error) || error.name !== 'InvalidGroup.Duplicate') throw error;
    const group = (await findByNames(ec2, VpcId, [GroupName])).find((each) => each.GroupName === GroupName);
    if (group === undefined) throw error;
    return group;
  }
}

/** Makes the rules of a group exactly these. */
async function bringRules(
  ec2: EC2Client,
  { GroupId, IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup,
  ingress: readonly IpPermission[],
  egress: readonly IpPermission[],
  note: StepSubject['note'],
): Promise<void> {
  const changes = [
    ['RevokeSecurityGroupIngress', without(IpPermissions, ingress)],
    ['RevokeSecurityGroupEgress', without(IpPermissionsEgress, egress)],
    ['AuthorizeSecurityGroupIngress', without(ingress, IpPermissions)],
    ['AuthorizeSecurityGroupEgress', without(egress, IpPermissionsEgress)],
  ] as const;
  for (const [operation, rules] of changes) {
    if (rules.length === 0) continue;
    try {
      note('ec2', operation, await CHANGES[operation](ec2, { GroupId, IpPermissions: rules }));
    } catch (error) {
      // Another reconcile has made the same change first.
      if (!(error instanceof Error) || !/^InvalidPermission\.(Duplicate|NotFound)$/.test(error.name)) throw error;
    }
  }
}

interface RuleChange {
  readonly GroupId: string | undefined;
  readonly IpPermissions: IpPermission[];
}

const CHANGES = {
  RevokeSecurityGroupIngress: (ec2: EC2Client, change: RuleChange) =>
    ec2.send(new RevokeSecurityGroupIngressCommand(change)),
  RevokeSecurityGroupEgress: (ec2: EC2Client, change: RuleChange) =>
    ec2.send(new RevokeSecurityGroupEgressCommand(change)),
  AuthorizeSecurityGroupIngress: (ec2: EC2Client, change: RuleChange) =>
    ec2.send(new AuthorizeSecurityGroupIngressCommand(change)),
  AuthorizeSecurityGroupEgress: (ec2: EC2Client, change: RuleChange) =>
    ec2.send(new AuthorizeSecurityGroupEgressCommand(change)),
};

/** The rules in `rules` that `others` lacks, compared range by range. */
const without = (rules: readonly IpPermission[], others: readonly IpPermission[]): IpPermission[] => {
  const known = new Set(others.flatMap(singleRules).map(keyOf));
  return rules.flatMap(singleRules).filter((rule) => !known.has(keyOf(rule)));
};

const keyOf = (rule: IpPermission): string => JSON.stringify(rule);

/** Splits a rule with many ranges into rules with one each, without descriptions and names. */
function singleRules({ IpProtocol, FromPort, ToPort, ...sources }: IpPermission): IpPermission[] {
  const base = IpProtocol === '-1' ? { IpProtocol } : { IpProtocol, FromPort, ToPort };
  return [
    ...(sources.IpRanges ?? []).map(({ CidrIp }) => ({ ...base, IpRanges: [{ CidrIp }] })),
    ...(sources.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => ({ ...base, Ipv6Ranges: [{ CidrIpv6 }] })),
    ...(sources.UserIdGroupPairs ?? []).map(({ GroupId }) => ({ ...base, UserIdGroupPairs: [{ GroupId }] })),
    ...(sources.PrefixListIds ?? []).map(({ PrefixListId }) => ({ ...base, PrefixListIds: [{ PrefixListId }] })),
  ];
}

/** The security groups of the VPC's endpoints for Systems Manager; empty unless every endpoint that it needs exists. */
async function endpointGroups(ec2: EC2Client, vpcId: string): Promise<string[]> {
  const groups = new Map<string, string[]>();
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  for await (const page of paginateDescribeVpcEndpoints({ client: ec2 }, { Filters })) {
    for (const { ServiceName = '', State, PrivateDnsEnabled, Groups = [] } of page.VpcEndpoints ?? []) {
      const service = SERVICES.find((name) => ServiceName.endsWith(`.${name}`));
      if (service === undefined || State?.toLowerCase() !== 'available' || PrivateDnsEnabled !== true) continue;
      groups.set(
        service,
        Groups.flatMap(({ GroupId }) => GroupId ?? []),
      );
    }
  }
  return SERVICES.every((service) => groups.has(service)) ? [...new Set([...groups.values()].flat())].sort() : [];
}
