import { Duration } from 'aws-cdk-lib';
import { type IMetric, type IWidget, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FUNCTION_MEMORY_MB } from './function-memory.ts';
import { PRICES } from './prices.ts';
import { graph, single } from './widgets.ts';

const DAY = Duration.days(1);
const GIGABYTE = 1e9;

interface Priced {
  readonly label: string;
  /** US dollars per counted unit. */
  readonly price: number;
  readonly counted: readonly IMetric[];
}

/** Formats a price for a metric math expression, which takes no exponents. */
const decimal = (price: number): string => price.toFixed(18).replace(/(?<!0)0+$/, '');

/** The cost of the functions' runs and logs in US dollars: CloudWatch's counts at list prices. */
export class Costs {
  private readonly priced: readonly Priced[];

  constructor(functions: ReadonlyArray<{ readonly function: LambdaFunction }>, logGroups: readonly ILogGroup[]) {
    const summed = { statistic: Stats.SUM, period: DAY };
    this.priced = [
      {
        label: 'Lambda requests',
        price: PRICES.lambdaRequest,
        counted: functions.map(({ function: of }) => of.metricInvocations(summed)),
      },
      {
        label: 'Lambda time',
        price: (PRICES.lambdaGbSecond * (FUNCTION_MEMORY_MB / 1_024)) / 1_000,
        counted: functions.map(({ function: of }) => of.metricDuration(summed)),
      },
      {
        label: 'Logs',
        price: PRICES.logsGigabyte / GIGABYTE,
        counted: logGroups.map(
          ({ logGroupName }) =>
            new Metric({
              namespace: 'AWS/Logs',
              metricName: 'IncomingBytes',
              dimensionsMap: { LogGroupName: logGroupName },
              ...summed,
            }),
        ),
      },
    ];
  }

  /**
   * A sentence about the costs that are not counted.
   * @param alarms how many the stack has, besides the composite one
   */
  note(alarms: number): string {
    const { date, alarmPerMonth, compositeAlarmPerMonth, dashboardPerMonth, keyPerMonth } = PRICES;
    const fixed = alarms * alarmPerMonth + compositeAlarmPerMonth + dashboardPerMonth + keyPerMonth;
    return `Costs are what Lambda and logs come to at list prices of us-east-1 of ${date}; about ${Math.round(fixed)} dollars a month for alarms, dashboard and key, some 3 for SQS and up to 3 for custom metrics come on top.`;
  }

  /** The total cost over the whole time range. */
  total(width: number): IWidget {
    const all = this.priced.flatMap(({ price, counted }) => counted.map((metric) => ({ price, metric })));
    const usingMetrics = Object.fromEntries(all.map(({ metric }, index) => [`m${index}`, metric]));
    const expression = `SUM([${all.map(({ price }, index) => `m${index}*${decimal(price)}`).join(', ')}])`;
    const title = `US$ for Lambda and logs (prices of ${PRICES.date})`;
    return single(title, width, new MathExpression({ label: 'US$', expression, usingMetrics, period: DAY }));
  }

  /** The cost per day, by what is paid for. */
  graph(width: number): IWidget {
    const lines = this.priced.map(({ label, price, counted }, line) => {
      const usingMetrics = Object.fromEntries(counted.map((metric, index) => [`c${line}m${index}`, metric]));
      const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])*${decimal(price)}`;
      return new MathExpression({ label, expression, usingMetrics, period: DAY });
    });
    return graph(`US$ a day (prices of ${PRICES.date})`, width, lines);
  }
}
