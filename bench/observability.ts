import { join } from 'node:path';
import { METRIC_NAMESPACE } from '../infra/metric.ts';
import { PRICES } from '../infra/prices.ts';
import { readFleet } from '../sandbox/cli/arguments.ts';
import { startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';

const HOURS_PER_MONTH = 730;
const HOUR = 3_600_000;
/** Bytes that CloudWatch Logs counts for each event besides its text. */
const BYTES_PER_EVENT = 26;

/** What a run wrote into the log, and which metrics it published. */
export interface Observed {
  readonly hours: number;
  readonly records: number;
  /** Bytes as CloudWatch Logs bills them. */
  readonly bytes: Readonly<Record<'records' | 'metrics' | 'other', number>>;
  /** One per custom metric and hour with data, which is what CloudWatch bills. */
  readonly metricHours: number;
  readonly metrics: number;
  readonly alarms: number;
}

/** Simulates a fleet, and measures the volume of its logs and metrics. */
export async function observeRun(templateFile: string, fleet: string, hours: number): Promise<Observed> {
  const bytes = { records: 0, metrics: 0, other: 0 };
  const { account, records } = await startRun({
    fleet: readFleet(join(import.meta.dirname, '..', 'sandbox', 'fleets', `${fleet}.json`)),
    synthesized: readSynthesizedStack(templateFile),
  });
  account.logs.onEvent((_group, { message }) => {
    bytes[kindOf(message)] += Buffer.byteLength(message) + BYTES_PER_EVENT;
  });
  const from = account.time.now;
  await account.play(hours * HOUR);
  const own = account.cloudWatch.metrics.published.filter(({ id }) => id.namespace === METRIC_NAMESPACE);
  const hoursWithData = own.map((series) => {
    let count = 0;
    for (let at = from; at < account.time.now; at += HOUR) if (series.valuesIn(at, at + HOUR).length > 0) count++;
    return count;
  });
  return {
    hours,
    records: records.length,
    bytes,
    metrics: own.length,
    metricHours: hoursWithData.reduce((sum, count) => sum + count, 0),
    alarms: account.cloudWatch.alarms.all.length - 1,
  };
}

function kindOf(message: string): 'records' | 'metrics' | 'other' {
  if (message.includes('"kind":"record"')) return 'records';
  return message.includes('"CloudWatchMetrics"') ? 'metrics' : 'other';
}

/** Cost in US dollars of a thousand records of such a run, and of a month of it. */
export function costOf({ hours, records, bytes, metricHours, alarms }: Observed) {
  const dollarsOf = (size: number): number => (size / 1e9) * PRICES.logsGigabyte;
  const all = bytes.records + bytes.metrics + bytes.other;
  const metric = (metricHours / HOURS_PER_MONTH) * PRICES.metricPerMonth;
  const perThousand = (dollars: number): number => (dollars / Math.max(1, records)) * 1_000;
  const months = hours / HOURS_PER_MONTH;
  return {
    recordsPerThousand: perThousand(dollarsOf(bytes.records)),
    logsPerThousand: perThousand(dollarsOf(all)),
    metricsPerThousand: perThousand(metric),
    logsPerMonth: dollarsOf(all) / months,
    metricsPerMonth: metric / months,
    fixedPerMonth: alarms * PRICES.alarmPerMonth + PRICES.compositeAlarmPerMonth + PRICES.dashboardPerMonth,
  };
}
