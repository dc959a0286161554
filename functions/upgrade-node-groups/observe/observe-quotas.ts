import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { type EC2Client, paginateDescribeInstanceTypes } from '@aws-sdk/client-ec2';
import { readMetricData } from '../../shared/runtime/metric-data.ts';
import type { Quota, UnreadQuota } from '../moment/quotas.ts';

/**
 * How old a data point may be, ms. EC2 publishes its usage every five minutes or so: an older point says nothing of
 * now.
 */
const RECENT = 15 * 60_000;
const PERIOD = 300;

/**
 * Reads vCPUs by instance type, by a filter: one unknown name among `InstanceTypes` fails the whole call (EC2 API
 * reference).
 */
export async function readVcpus(client: EC2Client, Values: string[]): Promise<Array<[string, number]>> {
  const found: Array<[string, number]> = [];
  const request = { Filters: [{ Name: 'instance-type', Values }] };
  for await (const page of paginateDescribeInstanceTypes({ client }, request)) {
    for (const { InstanceType, VCpuInfo } of page.InstanceTypes ?? []) {
      const vcpus = VCpuInfo?.DefaultVCpus;
      if (InstanceType !== undefined && vcpus !== undefined) found.push([InstanceType, vcpus]);
    }
  }
  return found;
}

/**
 * Reads the quotas of the named classes, and how much of each is in use, by the newest data point. A class is absent
 * where CloudWatch has no recent one, and has a text where CloudWatch could not tell. The metric math function
 * `SERVICE_QUOTA` returns the quota (CloudWatch user guide, "Visualizing your service quotas and setting alarms"), so
 * that no second service is read. A class has two queries, and a call takes 500 queries (CloudWatch API reference,
 * GetMetricData).
 *
 * @param now epoch ms
 */
export async function readQuotas(
  client: CloudWatchClient,
  classes: readonly string[],
  now: number,
): Promise<Array<[string, Quota | UnreadQuota]>> {
  const MetricDataQueries = classes.flatMap((name, index): MetricDataQuery[] => [
    { Id: `used${index}`, MetricStat: { Metric: usageOf(name), Period: PERIOD, Stat: 'Maximum' } },
    { Id: `limit${index}`, Expression: `SERVICE_QUOTA(used${index})` },
  ]);
  const request = { MetricDataQueries, StartTime: new Date(now - RECENT), EndTime: new Date(now) };
  const { values, incomplete } = await readMetricData(client, request);
  return classes.flatMap((name, index): Array<[string, Quota | UnreadQuota]> => {
    const [ofUsed, ofLimit] = [`used${index}`, `limit${index}`];
    const unread = incomplete.get(ofUsed) ?? incomplete.get(ofLimit);
    if (unread !== undefined) return [[name, { unread }]];
    const [[used] = [], [limit] = []] = [values.get(ofUsed), values.get(ofLimit)];
    return used === undefined || limit === undefined ? [] : [[name, { used, limit }]];
  });
}

/** The metric by which EC2 tells how much of a quota is in use. Source: EC2 user guide, "EC2 usage metrics". */
const usageOf = (name: string) => ({
  Namespace: 'AWS/Usage',
  MetricName: 'ResourceCount',
  Dimensions: [
    { Name: 'Service', Value: 'EC2' },
    { Name: 'Type', Value: 'Resource' },
    { Name: 'Resource', Value: 'vCPU' },
    { Name: 'Class', Value: name },
  ],
});
