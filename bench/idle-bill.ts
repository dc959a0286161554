import * as z from 'zod';
import { METRIC_NAMESPACE } from '../infra/metric.ts';
import { PRICES } from '../infra/prices.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';

const HOUR = 3_600_000;
const HOURS_PER_MONTH = 730;
/** By the default of `sweepSchedule`. */
const SWEEPS_PER_MONTH = HOURS_PER_MONTH;

/**
 * Requests by which Lambda polls an empty queue in a month, at the most: five connections, each with long polls of 20 s.
 * With low traffic Lambda may go down to two, but not where a queue has a maximum concurrency, and of FIFO queues AWS says
 * nothing. Source: Lambda developer guide, "Configuring scaling behavior for SQS event source mappings".
 */
const POLLS_PER_MONTH = (5 * HOURS_PER_MONTH * HOUR) / 20_000;

/** A line of the bill. */
export interface BillItem {
  readonly item: string;
  readonly count: number;
  /** US dollars a month each. */
  readonly price: number;
}

/** A fleet in which nothing happens: three clusters, each with two node groups of three nodes on the newest release. */
const QUIET = {
  startsAt: '2026-07-14T00:00:00Z',
  releases: [
    { at: '-10d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.12-20260625' },
  ],
  clusters: ['shop', 'bank', 'mail'].map((name) => ({
    name,
    version: '1.33',
    nodeGroups: ['web', 'batch'].map((group) => ({ name: group, desiredSize: 3 })),
  })),
};

/**
 * The monthly bill of a stack in which nothing happens, at list prices, without the free tier. The template names what
 * is billed by piece; custom metrics are those that the functions of a quiet fleet publish in a day.
 */
export async function idleBill(templateFile: string): Promise<BillItem[]> {
  const synthesized = readSynthesizedStack(templateFile);
  const counts = Map.groupBy(Object.values(synthesized.template.Resources), ({ Type }) => Type);
  const count = (type: string): number => counts.get(type)?.length ?? 0;
  const day = await quietDay(synthesized);
  return [
    { item: 'KMS keys', count: count('AWS::KMS::Key'), price: PRICES.keyPerMonth },
    { item: 'dashboards', count: count('AWS::CloudWatch::Dashboard'), price: PRICES.dashboardPerMonth },
    { item: 'alarms', count: count('AWS::CloudWatch::Alarm'), price: PRICES.alarmPerMonth },
    {
      item: 'composite alarms',
      count: count('AWS::CloudWatch::CompositeAlarm'),
      price: PRICES.compositeAlarmPerMonth,
    },
    { item: 'custom metrics', count: day.customMetrics, price: PRICES.metricPerMonth },
    { item: 'metrics that each sweep reads', count: day.metricsRead, price: SWEEPS_PER_MONTH * PRICES.metricRead },
    {
      item: 'queues that Lambda polls',
      count: count('AWS::Lambda::EventSourceMapping'),
      price: POLLS_PER_MONTH * PRICES.sqsRequest,
    },
  ];
}

const metricsIn = z.object({ MetricDataQueries: z.array(z.unknown()) });

/** US dollars a month. */
export const totalOf = (bill: readonly BillItem[]): number =>
  bill.reduce((sum, { count, price }) => sum + count * price, 0);

/**
 * What a day costs in metrics: the average number of custom metrics with data, because CloudWatch bills each metric by the
 * hours in which it has data; and how many metrics the functions read in an hour.
 */
async function quietDay(synthesized: ReturnType<typeof readSynthesizedStack>) {
  const { account, calls } = await startRun({ fleet: parseFleet(JSON.stringify(QUIET), 'quiet.json'), synthesized });
  // The first sweep finds everything for the first time.
  await account.play(2 * HOUR);
  const from = account.time.now;
  const before = calls.length;
  await account.play(24 * HOUR);
  const own = account.cloudWatch.metrics.published.filter(({ id }) => id.namespace.startsWith(METRIC_NAMESPACE));
  let hoursWithData = 0;
  for (const series of own) {
    for (let at = from; at < account.time.now; at += HOUR) {
      if (series.valuesIn(at, at + HOUR).length > 0) hoursWithData++;
    }
  }
  const reads = calls.slice(before).filter(({ operation }) => operation === 'GetMetricData');
  const metricsRead = reads.reduce((sum, { input }) => sum + metricsIn.parse(input).MetricDataQueries.length, 0);
  return { customMetrics: Math.round(hoursWithData / 24), metricsRead: Math.round(metricsRead / 24) };
}
