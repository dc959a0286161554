import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  type IAlarm,
  type IWidget,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { answer, decisions, FULL_WIDTH, graph, line } from './widgets.ts';

export interface DashboardProps {
  readonly stackName: string;
  readonly logGroup: ILogGroup;
  readonly fedLogGroup: ILogGroup;
}

/** A function whose figures are on the dashboard. */
interface Shown {
  readonly name: string;
  readonly function: LambdaFunction;
}

/**
 * The one dashboard: its first row answers what was done, refused, waits and fails, the last one what it costs; between
 * them stands what each function's construct has to show.
 */
export class Dashboard extends Construct {
  private readonly props: DashboardProps;
  private readonly rows: IWidget[][] = [];
  private readonly functions: Shown[] = [];
  private readonly remediations: string[] = [];

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.props = props;
  }

  /** Takes a function into the row that is about all of them. */
  addFunction(shown: Shown): void {
    this.functions.push(shown);
  }

  /** Adds the row of a remediation, which begins with its decisions and their latency, and takes it into the first row. */
  addRemediation(title: string, { name }: Shown, ...widgets: IWidget[]): void {
    this.remediations.push(name);
    this.addRow(title, ...decisions({ name, stackName: this.props.stackName }), ...widgets);
  }

  /** Adds a row of a function's own, in the order of the calls. */
  addRow(title: string, ...widgets: IWidget[]): void {
    this.rows.push([heading(title), ...widgets]);
  }

  /** Makes the dashboard when all rows are there. @returns its name */
  finish(health: IAlarm, alarms: readonly IAlarm[]): string {
    const { stackName } = this.props;
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: stackName,
      defaultInterval: Duration.days(7),
    });
    for (const row of [this.firstRow(health, alarms), this.questions(), ...this.rows, this.cost()]) {
      dashboard.addWidgets(...row);
    }
    return dashboard.dashboardName;
  }

  private firstRow(health: IAlarm, alarms: readonly IAlarm[]): IWidget[] {
    const { stackName } = this.props;
    const each = (metricName: 'Acted' | 'Refused' | 'Failed') =>
      this.remediations.map((name) => line({ name, stackName }, metricName, { label: name }));
    return [
      heading(
        'EKS Host Remediator',
        'What it did, what it refused, what fails, what waits. An empty panel says that nothing of the kind happened in the time range. A panel without data right after the deployment fills with the first hourly look.',
      ),
      graph('Done: something was changed', 6, each('Acted')),
      graph('Refused: a guard stopped it', 6, each('Refused')),
      graph('Failed: tried or read without success', 6, each('Failed')),
      new AlarmStatusWidget({ title: 'Is it healthy?', width: 6, height: 6, alarms: [health, ...alarms] }),
    ];
  }

  private questions(): IWidget[] {
    const { props } = this;
    return [answer('what-waits-and-for-what', 12, props), answer('what-failed-and-what-to-do', 12, props)];
  }

  private cost(): IWidget[] {
    const { logGroup, fedLogGroup } = this.props;
    const period = Duration.hours(1);
    const perHour = { statistic: Stats.SUM, period };
    const logged = (label: string, { logGroupName }: ILogGroup): Metric =>
      new Metric({
        namespace: 'AWS/Logs',
        metricName: 'IncomingBytes',
        dimensionsMap: { LogGroupName: logGroupName },
        label,
        ...perHour,
      });
    return [
      heading('What it costs', 'Invocations, computing time and log bytes an hour; docs/review.md has prices.'),
      graph(
        'Invocations an hour',
        8,
        this.functions.map(({ name, function: of }) => of.metricInvocations({ label: name, ...perHour })),
      ),
      graph(
        'Computing time an hour, ms',
        8,
        this.functions.map(({ name, function: of }) => of.metricDuration({ label: name, ...perHour })),
      ),
      graph('Log bytes an hour', 8, [logged('bytes', logGroup), logged('bytes of notify-stories', fedLogGroup)]),
    ];
  }
}

const heading = (title: string, text = ''): IWidget =>
  new TextWidget({
    markdown: `## ${title}${text === '' ? '' : `\n${text}`}`,
    width: FULL_WIDTH,
    height: text === '' ? 1 : 2,
  });
