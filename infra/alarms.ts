import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  type IWidget,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OPERATOR_COMMAND } from '../functions/shared/text/operator-command.ts';
import { remediatorMetric, zeroIfMissing } from './metric.ts';
import { type Runbook, UNHEALTHY } from './runbook.ts';
import { dashboardUrl, runbookWidgets } from './runbook-page.ts';
import { DEFAULT_STACK_NAME, type Settings } from './settings.ts';

/** Prefix of the operators' command. */
const COMMAND = `${OPERATOR_COMMAND} `;

/** The subject of an alarm, as far as its runbook section leaves it open. */
export interface About {
  /** The function, where several have such an alarm; part of the alarm's name. */
  readonly name?: string;
  /** The queue that the alarm's commands read; absent: they read none. */
  readonly queue?: IQueue;
  /** The function's log group; absent: the shared one. */
  readonly logGroup?: ILogGroup;
}

/** Creates alarms, and the topics that they notify. */
export class Alarms extends Construct {
  /** The topic of all alarms. */
  readonly topic: Topic;
  /** The topic of the composite alarm about the remediator's own health, for whoever is on call. */
  readonly pageTopic: Topic;
  /** Every alarm that was added. */
  readonly all: Alarm[] = [];
  /** The alarms that mean that the remediator itself is unhealthy. */
  private readonly ofHealth: Alarm[] = [];
  private readonly settings: Settings;
  private readonly logGroup: ILogGroup;
  private readonly url: string;

  constructor(scope: Construct, id: string, settings: Settings, logGroup: ILogGroup) {
    super(scope, id);
    this.settings = settings;
    this.logGroup = logGroup;
    this.url = dashboardUrl(this, settings.stackName);
    const key = new Key(this, 'Key', {
      description: 'Encrypts the alarm messages of EKS Host Remediator on their way through SNS',
      enableKeyRotation: true,
      // The key protects only messages in transit: without the topics there is nothing left to decrypt.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(
      new PolicyStatement({ ...FROM_ALARMS, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] }),
    );
    this.topic = this.newTopic('Topic', 'EKS Host Remediator alarms', key);
    this.pageTopic = this.newTopic('PageTopic', 'EKS Host Remediator is not well', key);
    if (settings.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
  }

  /** The runbook, for the dashboard: its sections with the stack's own names. */
  runbookWidgets(): IWidget[] {
    return runbookWidgets((text) => this.resolve(text).replaceAll(COMMAND, `${COMMAND}${this.stackOption}`));
  }

  private newTopic(id: string, displayName: string, key: Key): Topic {
    const topic = new Topic(this, id, { displayName, masterKey: key, enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({ ...FROM_ALARMS, actions: ['sns:Publish'], resources: [topic.topicArn] }),
    );
    return topic;
  }

  /**
   * Adds an alarm that fires as soon as the metric reaches one, unless told otherwise. Missing data means that nothing
   * happened.
   */
  add(
    scope: Construct,
    id: string,
    metric: IMetric,
    runbook: Runbook,
    about: About = {},
    deviations: Partial<AlarmProps> = {},
  ): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      alarmName: this.nameOf(runbook, about),
      alarmDescription: this.descriptionOf(runbook, about),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...deviations,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.all.push(alarm);
    if (runbook.unhealthy) this.ofHealth.push(alarm);
    return alarm;
  }

  /**
   * Adds an alarm on a state that each sweep publishes for as long as it lasts. The alarm stands for one and a half
   * sweeps after the last data point, so that a late sweep does not end it, and the first one that finds the state over
   * does.
   *
   * Without data CloudWatch goes by older data points, of an evaluation range that is longer than the evaluation periods
   * (CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"). Zeros in the place of missing data
   * keep it from that. A metric that is not published costs nothing.
   */
  addForState(scope: Construct, metricName: string, functionName: string, runbook: Runbook): Alarm {
    const { stackName, sweepSchedule } = this.settings;
    const period = Duration.minutes(Math.ceil(sweepSchedule.toMinutes() / 2));
    const counted = remediatorMetric(metricName, functionName, stackName, period);
    const window = { evaluationPeriods: 3, datapointsToAlarm: 1 };
    return this.add(scope, metricName, zeroIfMissing(counted), runbook, {}, window);
  }

  /** Adds an alarm that fires as soon as a message is in the dead-letter queue. */
  addForDeadLetters(scope: Construct, id: string, runbook: Runbook, about: About & { readonly queue: IQueue }): Alarm {
    const depth = about.queue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(5),
    });
    return this.add(scope, id, depth, runbook, about);
  }

  /**
   * Adds the composite alarm that says whether the remediator is healthy, and notifies again when it recovers. Call it
   * after all other alarms are added.
   */
  addUnhealthy(): CompositeAlarm {
    const alarm = new CompositeAlarm(this, 'Unhealthy', {
      alarmRule: AlarmRule.anyOf(...this.ofHealth.map((each) => AlarmRule.fromAlarm(each, AlarmState.ALARM))),
      compositeAlarmName: this.nameOf(UNHEALTHY),
      alarmDescription: this.descriptionOf(UNHEALTHY),
    });
    for (const topic of [this.topic, this.pageTopic]) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
    return alarm;
  }

  /** The alarm's name. The stack and the section come first, so that related alarms are listed together. */
  private nameOf({ section }: Runbook, { name }: About = {}): string {
    return [this.settings.stackName, section, ...(name === undefined ? [] : [name])].join('-');
  }

  private descriptionOf({ section, means, first, next }: Runbook, about: About = {}): string {
    // Said once for all commands, because CloudWatch limits a description to 1,024 characters.
    const which = next.includes(COMMAND) && this.stackOption !== '' ? ` Commands take ${this.stackOption.trim()}.` : '';
    const lines = [means, `First: ${first}`, `Then: ${next}${which}`].map((line) => this.resolve(line, about));
    return [...lines, `Runbook: ${section} in ${this.url}`].join('\n');
  }

  /** The option that names the stack to the operators' command; empty for the default stack. */
  private get stackOption(): string {
    const { stackName } = this.settings;
    return stackName === DEFAULT_STACK_NAME ? '' : `--stack ${stackName} `;
  }

  /** Replaces the placeholders of a text by the stack's resources. */
  private resolve(text: string, { queue, logGroup = this.logGroup }: About = {}): string {
    const { stackName, policyParameterName } = this.settings;
    const resolved = text
      .replaceAll('LOG_GROUP', logGroup.logGroupName)
      .replaceAll('POLICY_PARAMETER', policyParameterName)
      .replaceAll('STACK', stackName);
    return queue === undefined
      ? resolved
      : resolved.replaceAll('QUEUE_URL', queue.queueUrl).replaceAll('QUEUE_ARN', queue.queueArn);
  }
}

/** CloudWatch in this account. Alarms cannot use the AWS managed key of SNS: messages would be dropped silently. */
const FROM_ALARMS = {
  principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
  conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
};
