import { CfnOutput, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DeclaredFunction } from './declared-function.ts';
import type { Foundation } from './foundation.ts';
import { Ledger } from './ledger.ts';
import type { RemediatorNames } from './names.ts';
import type { Placeholders } from './placeholders.ts';
import { PolicyParameter } from './policy-parameter.ts';
import { SavedQueries } from './saved-queries.ts';
import { type Settings, SettingsError } from './settings.ts';
import { SharedAlarms } from './shared-alarms.ts';
import { Undelivered } from './undelivered.ts';

/**
 * The whole remediator for one account and region, in any stack. All names are derived from the stack's name. A stack
 * contains only one remediator, because the operators' command finds it by the stack's outputs.
 */
export class Remediator extends Construct {
  readonly names: RemediatorNames;

  constructor(scope: Construct, id: string, settings: Settings, bundles: string) {
    super(scope, id);
    const stack = Stack.of(this);
    // CDK makes each function depend explicitly on its role. That is redundant but harmless.
    // cfn-lint's list of IAM actions is older than some (W3037); `test/iam.ts` evaluates each by AWS's own reference.
    stack.addMetadata('cfn-lint', { config: { ignore_checks: ['W3005', 'W3037'] } });
    const { removalPolicy, stackName } = settings;
    const kept: LogGroupProps = {
      retention: settings.logRetentionDays,
      removalPolicy: removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    };
    const logGroup = new LogGroup(this, 'Logs', kept);
    // CloudWatch Logs may refuse a subscription filter whose function logs into the same group, and that function's
    // errors could trigger it again. Source: CloudWatch Logs user guide, "Log recursion prevention".
    const fedLogGroup = new LogGroup(this, 'LogsOfFed', kept);
    const logGroups = { logGroup, fedLogGroup };
    const alarms = new Alarms(this, 'Alarms', settings, logGroup);
    const foundation: Foundation = {
      settings,
      bundles,
      ...logGroups,
      alarms,
      undelivered: new Undelivered(this, 'Undelivered', alarms),
      ledger: new Ledger(this, 'Ledger', settings),
      policy: new PolicyParameter(this, 'Policy', settings),
      eventBus: new EventBus(this, 'Events', {
        ...eventBusNameOf(stack),
        description: 'What EKS Host Remediator has seen and done',
      }),
      dashboard: new Dashboard(this, 'Review', { stackName, ...logGroups }),
      policySections: REMEDIATIONS.flatMap((each: Remediation) => each.policy?.section ?? []),
      tell: (id, value, description) => this.tell(id, value, description),
    };

    new SharedAlarms(this, 'SharedAlarms', foundation);
    const declared = REMEDIATIONS.map((each: Remediation) => new DeclaredFunction(this, foundation, each));
    const known: Record<string, Placeholders[string]> = { ...shared(foundation), ...this.asJson(declared) };
    for (const each of declared) Object.assign(known, each.placeholders);
    // CDK writes the JSON when all functions are there.
    const withoutQueue: Record<string, readonly string[]> = {};
    known.functions = stack.toJsonString(withoutQueue);
    for (const each of declared) {
      const { name, function: made } = each.finish(known);
      known[`function:${name}`] = made.functionArn;
      if (isLookedAt(each.declared)) {
        withoutQueue[name] = [
          made.functionName,
          ...(each.deadLetters === undefined ? [] : [each.deadLetters.queueName]),
        ];
      }
    }
    new SavedQueries(this, 'Queries', { stackName, ...logGroups });
    const { policy, eventBus, ledger, dashboard } = foundation;
    const dashboardName = dashboard.finish(alarms.addUnhealthy(), alarms.all, alarms.runbookWidgets());

    this.tell('Mode', settings.mode, 'What remediations do unless the policy says otherwise, as the deploy chose it');
    this.tell(
      'Rights',
      Object.entries(settings)
        .flatMap(([name, value]) => (name.endsWith('Rights') ? [`${name}=${value}`] : []))
        .join(' '),
      'Which rights that can be left out the deploy gave',
    );
    this.tell('PolicyParameterName', policy.parameter.parameterName, 'The SSM parameter to write the policy into');
    this.tell('LogGroupName', logGroup.logGroupName, 'Where the records of all decisions are');
    this.tell(
      'FedLogGroupName',
      fedLogGroup.logGroupName,
      'Where the lines of notify-stories are, which the other group feeds',
    );
    this.tell('DashboardName', dashboardName, 'The CloudWatch dashboard: what was done, refused, waits and fails');
    this.tell('EventBusName', eventBus.eventBusName, 'The bus with the events of the remediator');
    this.tell('LedgerTableName', ledger.table.tableName, 'The table with what the remediator must remember');
    this.tell('AlarmTopicArn', alarms.topic.topicArn, 'The SNS topic of all alarms, to subscribe to');
    this.tell('PageTopicArn', alarms.pageTopic.topicArn, 'The SNS topic of the one alarm to be paged by: unhealthy');
    refuseTooManyEntries(stack, settings.accessEntryClusters);
    this.names = {
      policyParameterName: policy.parameter.parameterName,
      logGroupName: logGroup.logGroupName,
      eventBusName: eventBus.eventBusName,
      alarmTopicArn: alarms.topic.topicArn,
      pageTopicArn: alarms.pageTopic.topicArn,
    };
  }

  /** What some functions need to know of all others, as JSON. */
  private asJson(declared: readonly DeclaredFunction[]): Placeholders {
    const swept = declared.flatMap(({ intake, declared: { name, sweep } }) =>
      intake !== undefined && sweep !== undefined ? [{ intake, target: { name, ...sweep } }] : [],
    );
    const requestable = declared.flatMap(({ declared: { name, subject, requests, start } }) =>
      start.by === 'queue' || start.by === 'schedule' ? [{ name, subject, requests }] : [],
    );
    const queues = declared.flatMap(
      ({ intake, declared: { name } }): Array<[string, string[]]> =>
        intake === undefined ? [] : [[name, [intake.queue.queueName, intake.deadLetters.queueName]]],
    );
    return {
      deadLetterQueues: declared.flatMap(({ deadLetters }) => deadLetters?.queueArn ?? []),
      queues: Stack.of(this).toJsonString(Object.fromEntries(queues)),
      anyQueueUrl: swept
        .map(({ intake }) => intake.queue.queueUrl)
        .slice(0, 1)
        .join(''),
      sweptQueues: swept.map(({ intake }) => intake.queue.queueArn),
      sweep: JSON.stringify(swept.map(({ target }) => target)),
      requestable: JSON.stringify(requestable),
    };
  }

  private tell(id: string, value: string, description: string): void {
    // The operators' command looks for these names, wherever in an app the construct is.
    new CfnOutput(this, id, { value, description }).overrideLogicalId(id);
  }
}

/** How many resources a stack may have. Source: CloudFormation user guide, "Understand CloudFormation quotas". */
const MOST_RESOURCES = 500;

/**
 * Each cluster has an access entry for each function that uses its Kubernetes API, so a large fleet fills the stack. CDK
 * would only count resources.
 *
 * @throws SettingsError that says how many clusters there is room for
 */
function refuseTooManyEntries(stack: Stack, clusters: readonly string[]): void {
  const resources = stack.node.findAll().filter((each) => CfnResource.isCfnResource(each));
  if (clusters.length === 0 || resources.length <= MOST_RESOURCES) return;
  const entries = resources.filter((each) => each instanceof CfnAccessEntry).length;
  const most = Math.floor((MOST_RESOURCES - (resources.length - entries)) / (entries / clusters.length));
  throw new SettingsError(
    `accessEntryClusters: names ${clusters.length} clusters, and the stack has room for ${most}, since CloudFormation takes ${MOST_RESOURCES} resources: name ${most} here, and make the access entries of the others by hand (docs/kubernetes-access.md)`,
  );
}

/**
 * CDK names an event bus after its path in the app, and CloudFormation makes up no name (AWS::Events::EventBus, `Name`).
 * Where the id of the stack is not its name, two stacks of one account, such as one for each stage, would ask for the
 * same bus.
 */
const eventBusNameOf = ({ node, stackName }: Stack): { readonly eventBusName?: string } =>
  node.path === stackName ? {} : { eventBusName: `${stackName}-events` };

/**
 * Whether sweeps look how Lambda invokes a function without a queue. Whoever sits at a widget sees that it does not answer,
 * and a sweep that does not run looks at nothing.
 */
const isLookedAt = ({ start }: Remediation): boolean =>
  start.by === 'records' || (start.by === 'schedule' && start.every !== 'sweepSchedule');

const shared = ({ eventBus, logGroup }: Foundation): Placeholders => ({
  eventBus: eventBus.eventBusArn,
  eventBusName: eventBus.eventBusName,
  logGroup: logGroup.logGroupArn,
  logGroupName: logGroup.logGroupName,
});
