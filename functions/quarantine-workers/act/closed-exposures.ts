import { isDeepStrictEqual } from 'node:util';
import {
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
  ModifySubnetAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { ruleInWords, subnetInWords } from '../decide/exposure-text.ts';
import type { GroupDecision } from '../model/decision.ts';
import type { ExposedGroupState } from '../model/exposed-group-ledger.ts';
import type { StepSubject } from '../steps/step.ts';

type Closed = NonNullable<ExposedGroupState['closed']>;
type Permission = Closed['ingress'][number]['permissions'][number];

/** One exposure of a group: one source of a security group's rule, or a subnet that hands out public addresses. */
export type Way =
  | { readonly kind: 'rule'; readonly groupId: string; readonly permission: Permission }
  | { readonly kind: 'subnet'; readonly subnetId: string; readonly family?: 'ipv6' };

/** An exposure that AWS refused to change. */
export interface RefusedWay {
  readonly way: Way;
  /** `Code: message`. */
  readonly refusal: string;
}

/** The single exposures in what a decision wants closed, or in what the ledger has as closed. */
export const waysOf = ({
  ingress,
  subnets,
  ipv6Subnets = [],
}: NonNullable<GroupDecision['harden']> | Closed): Way[] => [
  ...ingress.flatMap(({ groupId, permissions }) =>
    // EC2's own types are plain values, so they are saved as they are.
    permissions
      .flatMap((permission) => bySource(permission as Permission))
      .map((permission): Way => ({ kind: 'rule', groupId, permission })),
  ),
  ...subnets.map((subnetId): Way => ({ kind: 'subnet', subnetId })),
  ...ipv6Subnets.map((subnetId): Way => ({ kind: 'subnet', subnetId, family: 'ipv6' })),
];

/** The lists of sources of a rule. Source: EC2 API reference, IpPermission. */
const SOURCES = ['IpRanges', 'Ipv6Ranges', 'PrefixListIds', 'UserIdGroupPairs'];

/**
 * Splits a permission into permissions with one source each. EC2 takes a permission as a whole or not at all: where one
 * source exists already (`InvalidPermission.Duplicate`) or is gone (`InvalidPermission.NotFound`), the others stay as
 * they are. Items of earlier versions have several sources in one permission.
 */
function bySource(permission: Permission): Permission[] {
  const rest = Object.fromEntries(Object.entries(permission).filter(([name]) => !SOURCES.includes(name)));
  return SOURCES.flatMap((name) => {
    const sources = permission[name];
    return Array.isArray(sources) ? sources.map((source): Permission => ({ ...rest, [name]: [source] })) : [];
  });
}

/** Exposures as the ledger keeps them, without duplicates; undefined for none. */
export function closedOf(ways: readonly Way[]): Closed | undefined {
  const distinct = ways.filter((way, index) => ways.findIndex((each) => isDeepStrictEqual(each, way)) === index);
  if (distinct.length === 0) return undefined;
  const rules = distinct.filter((way) => way.kind === 'rule');
  const subnets = distinct.filter((way) => way.kind === 'subnet');
  const ofIpv6 = subnets.filter(({ family }) => family === 'ipv6');
  const byGroup = Map.groupBy(rules, ({ groupId }) => groupId);
  return {
    ingress: [...byGroup].map(([groupId, own]) => ({ groupId, permissions: own.map(({ permission }) => permission) })),
    subnets: subnets.filter(({ family }) => family === undefined).map(({ subnetId }) => subnetId),
    ...(ofIpv6.length > 0 && { ipv6Subnets: ofIpv6.map(({ subnetId }) => subnetId) }),
  };
}

/** The exposures that are not among the others. */
export const without = (ways: readonly Way[], others: readonly Way[]): Way[] =>
  ways.filter((way) => !others.some((other) => isDeepStrictEqual(other, way)));

export const exposureInWords = (way: Way): string =>
  way.kind === 'rule'
    ? ruleInWords(way.groupId, [way.permission as IpPermission])
    : subnetInWords(way.subnetId, way.family);

export const closeWay = (ec2: EC2Client, note: StepSubject['note']) => (way: Way) =>
  way.kind === 'rule' ? revoke(ec2, note, way) : handOut(ec2, note, way, false);

export const openWay = (ec2: EC2Client, note: StepSubject['note']) => (way: Way) =>
  way.kind === 'rule' ? authorize(ec2, note, way) : handOut(ec2, note, way, true);

/**
 * Changes each exposure. An exposure that AWS refuses to change holds up none of the others.
 *
 * @throws a temporary error, after all exposures were tried; the next reconcile goes on from there
 */
export async function changeEach(
  ways: readonly Way[],
  change: (way: Way) => Promise<void>,
): Promise<readonly RefusedWay[]> {
  const refused: RefusedWay[] = [];
  const troubles: unknown[] = [];
  for (const way of ways) {
    try {
      await change(way);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) troubles.push(error);
      else refused.push({ way, refusal });
    }
  }
  if (troubles.length > 0) throw troubles[0];
  return refused;
}

type Rule = Extract<Way, { kind: 'rule' }>;

const changeOf = ({ groupId, permission }: Rule) => ({
  GroupId: groupId,
  IpPermissions: [permission as IpPermission],
});

async function revoke(ec2: EC2Client, note: StepSubject['note'], rule: Rule): Promise<void> {
  // The rule is gone already: the reply to an earlier call was lost, or somebody was faster.
  await unless('InvalidPermission.NotFound', async () =>
    note('ec2', 'RevokeSecurityGroupIngress', await ec2.send(new RevokeSecurityGroupIngressCommand(changeOf(rule)))),
  );
}

async function authorize(ec2: EC2Client, note: StepSubject['note'], rule: Rule): Promise<void> {
  // Somebody has given it back already.
  await unless('InvalidPermission.Duplicate', async () =>
    note(
      'ec2',
      'AuthorizeSecurityGroupIngress',
      await ec2.send(new AuthorizeSecurityGroupIngressCommand(changeOf(rule))),
    ),
  );
}

async function unless(code: string, change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== code) throw error;
  }
}

/** EC2 takes one attribute a call. Source: EC2 API reference, ModifySubnetAttribute. */
async function handOut(
  ec2: EC2Client,
  note: StepSubject['note'],
  { subnetId: SubnetId, family }: Extract<Way, { kind: 'subnet' }>,
  Value: boolean,
): Promise<void> {
  const attribute = family === 'ipv6' ? { AssignIpv6AddressOnCreation: { Value } } : { MapPublicIpOnLaunch: { Value } };
  note('ec2', 'ModifySubnetAttribute', await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, ...attribute })));
}
