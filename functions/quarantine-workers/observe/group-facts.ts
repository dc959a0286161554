import { type AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, type EC2Client, type Filter } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { exactFilter, LIVE } from '../../shared/fleet/instances.ts';
import { AUTO_SCALING_GROUP_TAG, tagsOf } from '../../shared/fleet/worker.ts';
import { once } from '../../shared/runtime/once.ts';
import type { Family } from '../exposure/routes.ts';
import type { LaunchTemplate } from '../model/observation.ts';
import { launchTemplateOf } from '../model/worker-view.ts';
import type { TemplateAddresses, TemplateReader } from './observe-templates.ts';

/** A tag of the members of a group. */
export interface GroupTag {
  readonly key: string;
  readonly value: string;
}

/** Finds the instances with a tag, by DescribeInstances. */
export const filterBy = ({ key, value }: GroupTag): Filter => exactFilter(`tag:${key}`, [value]);

/** What decides whether a group is public by design. Each fact is read once a reconcile. */
export interface GroupFacts {
  /** @returns undefined where there is no such group, or it names no subnets */
  subnetsOf(autoScalingGroup: string): Promise<readonly string[] | undefined>;
  /** @returns undefined where the template cannot be read */
  addressesOf(template: LaunchTemplate): Promise<TemplateAddresses | undefined>;
  /**
   * The instances that match a tag and have a public address, page by page, so that the caller can stop early.
   *
   * @param families those of which they may have addresses
   */
  known(tag: GroupTag, families: readonly Family[]): AsyncGenerator<DescribedInstance[]>;
  /** Starts the reads for the groups of these instances, by AWS's own tags, while their identities are read. */
  expect(instances: readonly DescribedInstance[]): void;
}

export interface GroupFactsClients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  /** What launch templates say, by a memory that outlives the reconcile. */
  readonly readTemplate: TemplateReader;
}

/**
 * Filters that find every instance with a public address on any interface. `*` matches any text but not an absent one.
 * Source: EC2 API reference, DescribeInstances (filters, wildcards).
 */
const KNOWN_BY_ADDRESS: Readonly<Record<Family, Filter>> = {
  ipv4: { Name: 'network-interface.addresses.association.public-ip', Values: ['*'] },
  ipv6: { Name: 'network-interface.ipv6-addresses.ipv6-address', Values: ['*'] },
};
/** Instances a page. Mostly few instances of a group are exposed. */
const PAGE = 200;

/** The families of which an instance itself has addresses, so that others of its group may have some. */
const familiesOf = ({ NetworkInterfaces = [] }: DescribedInstance): readonly Family[] =>
  NetworkInterfaces.some(({ Ipv6Addresses = [] }) => Ipv6Addresses.length > 0) ? ['ipv4', 'ipv6'] : ['ipv4'];

/** Makes the reader for one reconcile. */
export function groupFacts(clients: GroupFactsClients): GroupFacts {
  const { ec2, autoScaling, readTemplate } = clients;
  const subnetsOf = once(async (name: string): Promise<readonly string[] | undefined> => {
    const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name], IncludeInstances: false });
    const zones = (await autoScaling.send(asked)).AutoScalingGroups?.[0]?.VPCZoneIdentifier ?? '';
    return zones === '' ? undefined : zones.split(',');
  });
  const template = once((id: string, version: string) => readTemplate({ id, version }));
  const page = async (filters: Filter[], NextToken?: string) => {
    const input = { Filters: filters, MaxResults: PAGE, IncludeManagedResources: true };
    const found = await ec2.send(new DescribeInstancesCommand({ ...input, ...(NextToken && { NextToken }) }));
    const instances = (found.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
    return { instances, next: found.NextToken ?? '' };
  };
  const filtersOf = (key: string, value: string, family: Family): Filter[] => [
    filterBy({ key, value }),
    LIVE,
    KNOWN_BY_ADDRESS[family],
  ];
  const first = once((key: string, value: string, family: Family) => page(filtersOf(key, value, family)));
  return {
    subnetsOf,
    addressesOf: ({ id, version }) => template(id, version),
    async *known({ key, value }, families) {
      const firsts = families.map((family) => [family, first(key, value, family)] as const);
      // The caller may stop before it awaits all of them.
      for (const [, begun] of firsts) begun.catch(() => undefined);
      for (const [family, begun] of firsts) {
        for (let found = await begun; ; found = await page(filtersOf(key, value, family), found.next)) {
          yield found.instances;
          if (found.next === '') break;
        }
      }
    },
    expect(instances) {
      const begun = instances.flatMap((instance): Promise<unknown>[] => {
        const tags = tagsOf(instance);
        const group = tags[AUTO_SCALING_GROUP_TAG];
        const launched = launchTemplateOf(tags);
        return [
          ...(group === undefined
            ? []
            : familiesOf(instance).map((family) => first(AUTO_SCALING_GROUP_TAG, group, family))),
          // EKS names the subnets of a managed node group.
          ...(group === undefined || tags['eks:nodegroup-name'] !== undefined ? [] : [subnetsOf(group)]),
          ...(launched === undefined ? [] : [template(launched.id, launched.version)]),
        ];
      });
      // The caller that awaits the read later gets its error.
      for (const each of begun) each.catch(() => undefined);
    },
  };
}
