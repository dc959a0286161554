import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  type IAlarm,
  type IMetric,
  type IWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DashboardRow, Remediation } from '../functions/shared/declaration/remediation.ts';
import type { DecisionKind } from '../functions/shared/records/record.ts';
import { METRIC_NAMES } from '../functions/shared/records/recorder.ts';
import { Costs } from './costs.ts';
import { answer, answerGraph, FULL_WIDTH, graph, line, single, sumOf, TABLE_HEIGHT } from './widgets.ts';

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

/** A function, with the decisions that it makes. */
interface Deciding {
  readonly name: string;
  /** Its decisions of which Lambda's count of its runs tells, instead of a metric of their own. */
  readonly uncounted: readonly DecisionKind[];
  readonly row: DashboardRow;
  /** The graph that the function shows beside its decisions, if any. */
  readonly own: IWidget | undefined;
}

/** The request queue of a function, and its dead-letter queue. */
interface Queues {
  readonly waiting: IQueue;
  readonly dead: IQueue;
}

/** Width of one graph; four fit side by side. */
const QUARTER = FULL_WIDTH / 4;

/**
 * The dashboard, about two screens high. Its first row has single numbers for the time range. Then come the widget with
 * what needs attention, what still fails and what is to be approved, the decisions of each function, and the costs. The
 * runbook follows at the end, because a dashboard of its own would cost as much again.
 */
export class Dashboard extends Construct {
  private readonly props: DashboardProps;
  private readonly shown: IWidget[] = [];
  private readonly functions: Shown[] = [];
  private readonly deciding: Deciding[] = [];
  private readonly queues = new Map<string, Queues>();

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.props = props;
  }

  /** Adds a function to the graphs that cover all functions. */
  addFunction(shown: Shown): void {
    this.functions.push(shown);
  }

  /** Adds the decisions of a function, with a graph of its own beside them, if it has one. */
  addDecisions({ name, uncounted = [] }: Remediation, row: DashboardRow, own: IWidget | undefined): void {
    this.deciding.push({ name, uncounted, row, own });
  }

  addQueues(name: string, queues: Queues): void {
    this.queues.set(name, queues);
  }

  /** Adds a widget in full width, before all graphs. */
  show(widget: IWidget): void {
    this.shown.push(widget);
  }

  /**
   * Creates the dashboard, after all functions are added.
   * @returns its name
   */
  finish(health: IAlarm, alarms: readonly IAlarm[], runbook: readonly IWidget[]): string {
    const { props } = this;
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: props.stackName,
      defaultInterval: Duration.days(7),
    });
    const costs = new Costs(this.functions, [props.logGroup, props.fedLogGroup]);
    dashboard.addWidgets(heading(`EKS Host Remediator: what it did in the time range. ${costs.note(alarms.length)}`));
    dashboard.addWidgets(...this.numbers(costs));
    for (const widget of this.shown) dashboard.addWidgets(widget);
    dashboard.addWidgets(
      answer('what-failed-and-what-to-do', 10, props),
      answer('what-to-approve', 8, props),
      new AlarmStatusWidget({ title: 'Is it healthy?', width: 6, height: TABLE_HEIGHT, alarms: [health, ...alarms] }),
    );
    const graphs = [
      ...this.deciding.flatMap((each) => [this.decisionsOf(each), ...(each.own ? [each.own] : [])]),
      answerGraph('how-old-is-the-fleet', QUARTER, props),
      answerGraph('how-large-is-the-fleet', QUARTER, props),
      ...this.ofAll(),
      costs.graph(QUARTER),
    ];
    for (let first = 0; first < graphs.length; first += 4) dashboard.addWidgets(...graphs.slice(first, first + 4));
    for (const section of runbook) dashboard.addWidgets(section);
    return dashboard.dashboardName;
  }

  /** The single numbers for the time range of the dashboard. */
  private numbers(costs: Costs): IWidget[] {
    const { stackName } = this.props;
    const counted = (title: string, decision: keyof typeof METRIC_NAMES): IWidget => {
      const deciding = this.deciding.filter(({ row }) => row.decisions.includes(decision));
      const metrics = deciding.map(({ name }) => line({ name, stackName }, METRIC_NAMES[decision], { label: name }));
      return single(title, 3, sumOf(title, metrics));
    };
    const most = (title: string, name: string, metricName: string): IWidget =>
      single(title, 5, line({ name, stackName }, metricName, { statistic: Stats.MAXIMUM, label: title }));
    return [
      counted('Acted', 'acted'),
      counted('Failed', 'failed'),
      counted('Refused', 'refused'),
      most('Exposed at once, at most', 'quarantine-workers', 'StaysExposed'),
      most('In quarantine at once, at most', 'quarantine-workers', 'InQuarantine'),
      costs.total(5),
    ];
  }

  private decisionsOf({ name, uncounted, row }: Deciding): IWidget {
    const { stackName } = this.props;
    const counted = row.decisions.filter((decision) => !uncounted.includes(decision));
    const runs = uncounted.length === 0 ? [] : this.functions.filter((shown) => shown.name === name);
    return graph(`${row.title}: decisions`, QUARTER, [
      ...runs.map(({ function: of }) => of.metricInvocations({ label: 'Runs', period: Duration.minutes(15) })),
      ...counted.map((decision) => line({ name, stackName }, METRIC_NAMES[decision])),
    ]);
  }

  /** The graphs that cover all functions, with a line for each. */
  private ofAll(): IWidget[] {
    const { stackName } = this.props;
    const depths = (which: keyof Queues): IMetric[] =>
      [...this.queues].map(([label, queues]) =>
        queues[which].metricApproximateNumberOfMessagesVisible({
          label,
          statistic: Stats.MAXIMUM,
          period: Duration.minutes(5),
        }),
      );
    const acting = this.deciding.filter(({ name, row }) => row.decisions.includes('acted') && this.queues.has(name));
    const late = acting.map(({ name }) =>
      line({ name, stackName }, 'Latency', { statistic: Stats.percentile(99), label: name }),
    );
    return [
      graph('From event to action, p99, ms', QUARTER, late),
      graph('Requests that wait', QUARTER, depths('waiting')),
      graph('Dead letters', QUARTER, depths('dead')),
    ];
  }
}

const heading = (markdown: string): IWidget => new TextWidget({ markdown, width: FULL_WIDTH, height: 2 });
