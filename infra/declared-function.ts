import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, CustomWidget, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { constructIdOf } from '../functions/shared/declaration/construct-id.ts';
import type { AlarmEntry, DashboardRow, GraphLine, Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Right } from '../functions/shared/declaration/right.ts';
import { BESIDE } from './beside.ts';
import type { Foundation } from './foundation.ts';
import { remediatorMetric, zeroIfMissing } from './metric.ts';
import { type Placeholders, resolve, resolveRight } from './placeholders.ts';
import { QueueIntake } from './queue-intake.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { declaredRunbook } from './runbook.ts';
import { runBySchedule } from './schedule-intake.ts';
import { deadLetterQueue } from './undelivered.ts';
import { WakeUps } from './wake-ups.ts';
import { FULL_WIDTH, graph, line } from './widgets.ts';

/**
 * One function with everything that it declares: what starts it, its role, its alarms, its row on the dashboard. It is
 * created in two steps, because functions refer to each other's queues. The constructor creates what others may refer
 * to; `finish` creates the function.
 */
export class DeclaredFunction extends Construct {
  /** The placeholders for this function's resources, for all declarations. */
  readonly placeholders: Placeholders;
  readonly intake: QueueIntake | undefined;
  /** The dead-letter queue of its queue, or of the function itself. */
  readonly deadLetters: Queue | undefined;
  private readonly foundation: Foundation;
  readonly declared: Remediation;

  constructor(scope: Construct, foundation: Foundation, declared: Remediation) {
    super(scope, constructIdOf(declared.name));
    this.foundation = foundation;
    this.declared = declared;
    const { name, start, beside } = declared;
    this.intake = start.by === 'queue' ? new QueueIntake(this, foundation, declared, start.queue) : undefined;
    // A function without a queue needs one where Lambda invokes it with what no later run knows of: records or events.
    const losesEvents = start.by === 'records' || (start.by === 'schedule' && Object.keys(declared.events).length > 0);
    this.deadLetters =
      this.intake?.deadLetters ?? (losesEvents ? deadLetterQueue(this, 'DeadLetters', 'a function') : undefined);
    this.placeholders = {
      ...(this.intake && {
        [`queue:${name}`]: this.intake.queue.queueArn,
        [`queueUrl:${name}`]: this.intake.queue.queueUrl,
      }),
      ...(beside && BESIDE[beside](this, foundation)),
    };
  }

  /** @param known the placeholders of all declarations */
  finish(known: Placeholders): RemediatorFunction {
    const { declared, foundation, intake } = this;
    const { summary, start, timeoutSeconds, kubernetesGroup, outputs = {} } = declared;
    const wakeUps = declared.wakesUp && intake ? new WakeUps(this, 'WakeUps', intake.queue) : undefined;
    const deadLetters = intake === undefined ? this.deadLetters : undefined;
    const made = new RemediatorFunction(this, 'Remediator', foundation, {
      declared,
      description: summary,
      timeout: Duration.seconds(timeoutSeconds),
      environment: this.environment(known, wakeUps),
      rights: this.rights(known, wakeUps, deadLetters),
      ...(deadLetters && { deadLetterQueue: deadLetters }),
      ...(start.by === 'records' && { logGroup: foundation.fedLogGroup }),
    });
    this.startBy(made);
    for (const [section, entry] of Object.entries(declared.alarms)) {
      if (!entry.together) this.addAlarm(made, section, entry);
    }
    this.addRow(made);
    if (kubernetesGroup !== undefined) this.addAccessEntries(made, kubernetesGroup);
    const own = { ...known, role: made.role.roleArn, function: made.function.functionArn };
    for (const [id, { value, description }] of Object.entries(outputs)) {
      foundation.tell(id, resolve(value, own), description);
    }
    return made;
  }

  private environment(known: Placeholders, wakeUps: WakeUps | undefined): Record<string, string> {
    const { ledger, policy, settings, policySections } = this.foundation;
    const declared = Object.entries(this.declared.environment ?? {});
    return {
      // Every function with a queue is created with a ledger client, whether it has rights on the table or not.
      ...((this.intake || this.declared.ledger.length > 0) && { LEDGER_TABLE: ledger.table.tableName }),
      ...(this.declared.policy && {
        POLICY_PARAMETER: policy.parameter.parameterName,
        POLICY_SECTIONS: policySections.join(','),
        DEFAULT_MODE: settings.mode,
      }),
      ...this.intake?.environment(),
      ...wakeUps?.environment(),
      ...Object.fromEntries(
        declared.map(([key, value]) => [
          key,
          resolve(value, { ...known, installerRegistries: settings.installerRegistries.join(',') }),
        ]),
      ),
    };
  }

  private rights(known: Placeholders, wakeUps: WakeUps | undefined, deadLetters: Queue | undefined): Right[] {
    const { ledger, policy, settings } = this.foundation;
    const { rights, ledger: actions, ledgerKinds = [] } = this.declared;
    const kinds = this.intake === undefined ? ledgerKinds : [...ledgerKinds, 'unreadable' as const];
    const granted = rights.filter(({ unlessOff }) => unlessOff === undefined || settings[unlessOff] === 'on');
    const { imageParameters, nodeRoles } = settings;
    return [
      ...granted.map((right) => resolveRight(right, { ...known, imageParameters, nodeRoles })),
      ...(this.declared.policy ? [policy.read()] : []),
      ...ledger.allow(actions, kinds),
      ...(wakeUps?.rights() ?? []),
      ...(this.intake?.rights(this.declared.reconcilesAgain === true) ?? []),
      ...(deadLetters ? [{ sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }] : []),
    ];
  }

  private startBy(made: RemediatorFunction): void {
    const { start } = this.declared;
    if (start.by === 'queue') this.intake?.feed(made);
    if (start.by === 'schedule') runBySchedule(this, this.foundation, { ...this.declared, start }, made);
    if (start.by === 'records') this.subscribe(start.matching, made);
    if (start.by === 'widget' && start.shownAs !== undefined) this.show(start.shownAs, made);
  }

  /**
   * Subscribes the function to records. The functions that write records know nothing of it, and its failures do not
   * affect them.
   */
  private subscribe(filterPattern: string, made: RemediatorFunction): void {
    const { logGroup } = this.foundation;
    made.function.addPermission('Records', {
      principal: new ServicePrincipal('logs.amazonaws.com'),
      sourceArn: logGroup.logGroupArn,
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const filter = new CfnSubscriptionFilter(this, 'Records', {
      logGroupName: logGroup.logGroupName,
      filterPattern,
      destinationArn: made.function.functionArn,
    });
    // CloudWatch Logs invokes the function to test it when the filter is created.
    filter.node.addDependency(made.function.node.findChild('Records'));
  }

  private show(title: string, { name, function: shown }: RemediatorFunction): void {
    const size = { width: FULL_WIDTH, height: 10 };
    const widget = new CustomWidget({
      title: `${title}: ${name} in ${Aws.REGION}`,
      functionArn: shown.functionArn,
      ...size,
    });
    this.foundation.dashboard.show(widget);
  }

  private addAlarm(
    made: RemediatorFunction,
    section: string,
    { metric, lasts, absentFor, ...entry }: AlarmEntry,
  ): void {
    const { alarms, settings } = this.foundation;
    const about = declaredRunbook(section, entry);
    if (metric === undefined) {
      // Lambda counts runs, also those that fail, for nothing (Lambda developer guide, "Types of metrics for Lambda
      // functions"). A metric of our own would cost 0.30 dollars a month.
      const runs = made.function.metricInvocations({ statistic: Stats.SUM, period: settings.sweepSchedule });
      const window = {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: absentFor ?? 1,
        // Before the first data point there is nothing to fill, and no alarm. After the last one, the alarm keeps its
        // state.
        treatMissingData: TreatMissingData.IGNORE,
      };
      alarms.add(this, 'StaleAlarm', zeroIfMissing(runs), about, {}, window);
      return;
    }
    if (lasts) {
      alarms.addForState(made, metric, made.name, about);
      return;
    }
    const counted = remediatorMetric(metric, made.name, settings.stackName, Duration.minutes(5));
    alarms.add(made, metric, counted, about);
  }

  private addRow(made: RemediatorFunction): void {
    const { dashboard } = this.foundation;
    const row: DashboardRow | undefined = this.declared.dashboard;
    if (this.intake) dashboard.addQueues(made.name, { waiting: this.intake.queue, dead: this.intake.deadLetters });
    if (row === undefined) return;
    const { settings } = this.foundation;
    const lineOf = ({ metric, statistic, label, perSweep }: GraphLine) => {
      const drawn = line({ name: made.name, stackName: settings.stackName }, metric, { statistic, label });
      return perSweep ? drawn.with({ period: settings.sweepSchedule }) : drawn;
    };
    const own = row.graph && graph(row.graph.title, FULL_WIDTH / 4, row.graph.lines.map(lineOf));
    dashboard.addDecisions(this.declared, row, own);
  }

  private addAccessEntries({ role }: RemediatorFunction, kubernetesGroup: string): void {
    for (const clusterName of this.foundation.settings.accessEntryClusters) {
      new CfnAccessEntry(this, `AccessEntry-${clusterName}`, {
        clusterName,
        principalArn: role.roleArn,
        kubernetesGroups: [kubernetesGroup],
        type: 'STANDARD',
      });
    }
  }
}
