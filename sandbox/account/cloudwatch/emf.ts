import * as z from 'zod';
import type { MetricId } from './metrics.ts';

const directive = z.object({
  Namespace: z.string().min(1).max(255),
  /** Each dimension set yields a metric of its own. */
  Dimensions: z.array(z.array(z.string()).max(30)),
  Metrics: z.array(z.object({ Name: z.string().min(1).max(255), Unit: z.string().optional() })).max(100),
});

const embedded = z.looseObject({
  _aws: z.object({ Timestamp: z.number(), CloudWatchMetrics: z.array(directive) }),
});

const dimensionValue = z.string();
const values = z.union([z.number().transform((value) => [value]), z.array(z.number()).max(100)]);

/** What one line publishes for one metric. */
export interface EmbeddedMetric extends MetricId {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly values: readonly number[];
  readonly unit?: string;
}

/** Whether a log line is in CloudWatch's embedded metric format. */
export const isEmbedded = (line: string): boolean => line.startsWith('{') && line.includes('"CloudWatchMetrics"');

/**
 * Parses the metrics of a line in the embedded metric format. Every value is published once per dimension set.
 * @throws z.ZodError or Error for a line that CloudWatch would not accept: a defect of the writer
 * @see
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readEmbedded(line: string): EmbeddedMetric[] {
  const { _aws, ...members } = embedded.parse(JSON.parse(line));
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, dimensionValue.parse(members[name])])),
        at: _aws.Timestamp,
        values: values.parse(members[Name]),
        ...(Unit !== undefined && { unit: Unit }),
      })),
    ),
  );
}
