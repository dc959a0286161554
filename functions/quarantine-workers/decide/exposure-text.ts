import type { IpPermission } from '@aws-sdk/client-ec2';
import { stricter } from '../../shared/policy/mode.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { portsOf } from '../exposure/exposure.ts';
import { openingInWords } from '../exposure/exposure-words.ts';
import type { Circumstances, GroupDecision } from '../model/decision.ts';
import { circumstancesOfGroup, guardOf } from '../model/guards.ts';
import type { GroupObservation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import { keepersOfSecurityGroup, keepersOfSubnet, type LeftOpen, type Reach } from './sharing.ts';

type QuarantinePolicy = Policy['quarantine'];
type Ways = Required<NonNullable<GroupDecision['harden']>>;
type Modes = 'enforce' | 'observe';

/** The valid policy for a group that is public by design; undefined for any other group, or where a guard holds. */
export function policyToClose(
  group: GroupObservation,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Policy | undefined {
  const { policy } = circumstances;
  // A group has only its owner's tags. The tags of a worker keep open what that worker uses.
  const guard = guardOf(group, { cluster: group.key.cluster, tags: {} }, circumstances);
  if (guard !== undefined || isInvalid(policy)) return undefined;
  return isPublicByDesign(group, policy.quarantine) ? policy : undefined;
}

/**
 * Whether the finding is about the group, not about single workers. Subnets that hand out public addresses prove that,
 * a launch template that asks for them, or a larger exposed share than the policy takes for an accident. A single
 * worker, or addresses associated with running workers, prove nothing.
 */
export function isPublicByDesign(
  group: Pick<
    GroupObservation,
    'publicSubnets' | 'ipv6Subnets' | 'publicTemplates' | 'exposed' | 'boundLater' | 'size'
  >,
  { publicByDesign }: Pick<QuarantinePolicy, 'publicByDesign'>,
): boolean {
  if (group.publicSubnets.length + group.ipv6Subnets.length + group.publicTemplates.length > 0) return true;
  const planned = group.exposed.length - group.boundLater;
  return planned > 1 && (planned / group.size) * 100 > publicByDesign.exposedShare;
}

/** What the policy wants closed or reported. Its other users must be known before it is closed. */
export function wantedClosed(
  group: GroupObservation,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): { readonly securityGroups: readonly string[]; readonly subnets: readonly string[] } {
  const policy = policyToClose(group, circumstancesOfGroup(group, circumstances));
  if (policy === undefined || group.state.leftOpen === true || group.request !== undefined) {
    return { securityGroups: [], subnets: [] };
  }
  const wanted = (['enforce', 'observe'] as const).map((mode) => exposures(group, policy.quarantine, mode));
  return {
    securityGroups: wanted.flatMap(({ ingress }) => ingress.map(({ groupId }) => groupId)),
    subnets: wanted.flatMap(({ subnets, ipv6Subnets }) => [...subnets, ...ipv6Subnets]),
  };
}

/** What is to be closed in this mode, and what is left open because it has other users, or unknown ones. */
export function waysToClose(
  group: GroupObservation,
  { quarantine, scope }: Policy,
  account: string,
  mode: Modes,
): { readonly ways?: Ways; readonly left: readonly LeftOpen[] } {
  const reach: Reach = { scope, account };
  const { key, users } = group;
  const left: LeftOpen[] = [];
  const isFree = (id: string, keepers: (of: NonNullable<ReturnType<typeof users.get>>) => readonly string[]) => {
    const known = users.get(id);
    const names = known === undefined ? [] : keepers(known);
    if (known !== undefined && names.length === 0) return true;
    left.push({ id, users: names });
    return false;
  };
  const wanted = exposures(group, quarantine, mode);
  const ingress = wanted.ingress.filter(({ groupId }) =>
    isFree(groupId, (of) => keepersOfSecurityGroup(of, key.cluster, reach)),
  );
  const isFreeSubnet = (id: string) => {
    // Source: VPC user guide, "Responsibilities and permissions for owners and participants".
    const owner = group.sharedSubnets?.get(id);
    if (owner === undefined) return isFree(id, (of) => keepersOfSubnet(of, reach));
    if (!left.some((each) => each.id === id)) left.push({ id, users: [], owner });
    return false;
  };
  const subnets = wanted.subnets.filter(isFreeSubnet);
  const ipv6Subnets = wanted.ipv6Subnets.filter((id) =>
    wanted.subnets.includes(id) ? subnets.includes(id) : isFreeSubnet(id),
  );
  const isAny = ingress.length + subnets.length + ipv6Subnets.length > 0;
  return { left, ...(isAny && { ways: { ingress, subnets, ipv6Subnets } }) };
}

/** The exposures to the group that the policy names for this mode. */
function exposures(
  { worldOpen, publicSubnets, ipv6Subnets }: GroupObservation,
  { mode, publicByDesign }: QuarantinePolicy,
  wanted: Modes,
): Ways {
  const { revokeIngress, closeSubnets, allowedIngress } = publicByDesign;
  const rules = worldOpen
    .map(({ groupId, permissions }) => ({
      groupId,
      permissions: permissions.filter((rule) => !allowedIngress.some((allowed) => isWithin(rule, allowed))),
    }))
    .filter(({ permissions }) => permissions.length > 0);
  return {
    ingress: stricter(mode, revokeIngress) === wanted ? rules : [],
    subnets: stricter(mode, closeSubnets) === wanted ? publicSubnets : [],
    ipv6Subnets: stricter(mode, closeSubnets) === wanted ? ipv6Subnets : [],
  };
}

const isWithin = (
  { IpProtocol, FromPort, ToPort }: IpPermission,
  { protocol, fromPort, toPort }: QuarantinePolicy['publicByDesign']['allowedIngress'][number],
): boolean =>
  IpProtocol === protocol && FromPort !== undefined && ToPort !== undefined && fromPort <= FromPort && ToPort <= toPort;

/** A rule in words, for example `tcp/22 of sg-1`. */
export const ruleInWords = (groupId: string, permissions: readonly IpPermission[]): string =>
  `${permissions.map(portsOf).map(openingInWords).join(', ')} of ${groupId}`;

export const subnetInWords = (id: string, family: 'ipv4' | 'ipv6' = 'ipv4'): string =>
  family === 'ipv4' ? `automatic addresses of ${id}` : `automatic IPv6 addresses of ${id}`;

export const exposureWords = ({ ingress, subnets, ipv6Subnets = [] }: Ways): string =>
  [
    ...ingress.map(({ groupId, permissions }) => ruleInWords(groupId, permissions)),
    ...subnets.map((id) => subnetInWords(id)),
    ...ipv6Subnets.map((id) => subnetInWords(id, 'ipv6')),
  ].join('; ');
