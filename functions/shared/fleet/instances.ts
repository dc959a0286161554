import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';
import { type DescribedInstance, descriptionsOf, isPrimary } from './described-instance.ts';

/**
 * EC2 takes at most 200 filter values per call, over all filters ("The maximum number of filter values specified on a
 * single call is 200", FilterLimitExceeded). This limit leaves room for further filters.
 */
export const VALUES_PER_FILTER = 190;

/** Matches instances that run. */
export const RUNNING: Filter = { Name: 'instance-state-name', Values: ['running'] };

/** Matches instances that run, or are about to. */
export const LIVE: Filter = { Name: 'instance-state-name', Values: ['pending', 'running'] };

/** Matches instances that are not terminated: a stopped one may be in a warm pool. */
export const EXISTING: Filter = {
  Name: 'instance-state-name',
  Values: ['pending', 'running', 'stopping', 'stopped'],
};

/** "The maximum length for a filter value is 255 characters" (FilterLimitExceeded). */
const LONGEST_VALUE = 255;

/**
 * A filter that finds exactly these values. EC2 takes `*` and `?` in a value for any text and for any character, and a
 * backslash for what says that the next character is meant; names of Auto Scaling groups may have all of them. Sources: EC2
 * user guide, "List and filter using the CLI and API" (wildcards with filters); EC2 Auto Scaling API reference,
 * CreateAutoScalingGroup. A value for whose backslashes there is no room finds others that differ in these characters only.
 */
export const exactFilter = (Name: string, values: readonly string[]): Filter => ({
  Name,
  Values: values.map((value) => {
    const exact = value.replaceAll(SPECIAL, String.raw`\$&`);
    return exact.length > LONGEST_VALUE ? value.replaceAll(SPECIAL, '?') : exact;
  }),
});
const SPECIAL = /[*?\\]/g;

/** Splits a filter by many exact values into several filters, each for its own call. */
export const filtersOf = (Name: string, values: readonly string[]): Filter[] =>
  chunks(values, VALUES_PER_FILTER).map((some) => exactFilter(Name, some));

/**
 * Describes the instances that match any of the queries, each once, including those that AWS manages (EKS Auto Mode).
 * Only what functions read is kept of each page, because 10,000 whole instances with twenty addresses each would take
 * 110 MB.
 *
 * @param queries the filters of each query: an instance must match all of them
 */
export async function describeInstances(ec2: EC2Client, queries: readonly Filter[][]): Promise<DescribedInstance[]> {
  const found = new Map<string, DescribedInstance>();
  const described = descriptionsOf();
  const describe = async (filters: Filter[]) => {
    for await (const page of instancePages(ec2, filters)) {
      for (const instance of page) {
        const { InstanceId = '' } = instance;
        if (!found.has(InstanceId)) found.set(InstanceId, described(instance));
      }
    }
  };
  await pMap(queries, describe, { concurrency: READ_CONCURRENCY });
  return [...found.values()];
}

/**
 * The instances that match all filters, page by page, including those that AWS manages. A caller that has seen enough
 * can stop.
 *
 * @param pageSize from 5 to 1000
 */
export async function* instancePages(ec2: EC2Client, Filters: Filter[], pageSize = 1000): AsyncGenerator<Instance[]> {
  const input = { Filters, IncludeManagedResources: true };
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize }, input)) {
    yield (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  }
}

/**
 * When an instance was launched for the first time, epoch milliseconds. A stopped instance that is started again has a
 * new launch time, while its primary network interface stays attached (EC2 API reference, Instance, `LaunchTime`).
 */
export function firstLaunchOf({ LaunchTime, NetworkInterfaces = [] }: Instance): number | undefined {
  const primary = NetworkInterfaces.find(isPrimary);
  const times = [LaunchTime, primary?.Attachment?.AttachTime].flatMap((time) => time?.getTime() ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}
