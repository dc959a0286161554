import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DeclaredFunction } from './declared-function.ts';
import type { Foundation } from './foundation.ts';
import { Ledger } from './ledger.ts';
import type { Placeholders } from './placeholders.ts';
import { PolicyParameter } from './policy-parameter.ts';
import { SavedQueries } from './saved-queries.ts';
import type { Settings } from './settings.ts';

/** The whole remediator for one account and region. Every name that it gives comes from the stack's own name. */
export class RemediatorStack extends Stack {
  constructor(scope: Construct, settings: Settings, bundles: string) {
    super(scope, settings.stackName, {
      description:
        'EKS Host Remediator: keeps the worker hosts of the EKS clusters in this account and region replaced',
    });
    // CDK lets each function depend on its role expressly; that is said twice, but does no harm.
    this.templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['W3005'] } } };
    const { removalPolicy, stackName } = settings;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.logRetentionDays,
      removalPolicy: removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const foundation: Foundation = {
      settings,
      bundles,
      logGroup,
      alarms: new Alarms(this, 'Alarms', { email: settings.alarmEmail }),
      ledger: new Ledger(this, 'Ledger', settings),
      policy: new PolicyParameter(this, 'Policy', { parameterName: settings.policyParameterName }),
      eventBus: new EventBus(this, 'Events', { description: 'What EKS Host Remediator has seen and done' }),
      dashboard: new Dashboard(this, 'Review', { stackName, logGroup }),
      policySections: REMEDIATIONS.flatMap((each: Remediation) => each.policy?.section ?? []),
      tell: (id, value, description) => this.tell(id, value, description),
    };

    const declared = REMEDIATIONS.map((each: Remediation) => new DeclaredFunction(this, foundation, each));
    const known: Record<string, Placeholders[string]> = { ...shared(foundation), ...this.asJson(declared) };
    for (const each of declared) Object.assign(known, each.placeholders);
    for (const each of declared) {
      const { name, function: made } = each.finish(known);
      known[`function:${name}`] = made.functionArn;
    }
    new SavedQueries(this, 'Queries', { stackName, logGroup });
    const { policy, eventBus, ledger, alarms, dashboard } = foundation;
    const dashboardName = dashboard.finish(alarms.addUnhealthy(), alarms.all);

    this.tell('Mode', settings.mode, 'What remediations do unless the policy says otherwise, as the deploy chose it');
    this.tell('PolicyParameterName', policy.parameter.parameterName, 'The SSM parameter to write the policy into');
    this.tell('LogGroupName', logGroup.logGroupName, 'Where the records of all decisions are');
    this.tell('DashboardName', dashboardName, 'The CloudWatch dashboard: what was done, refused, waits and fails');
    this.tell('EventBusName', eventBus.eventBusName, 'The bus with the events of the remediator');
    this.tell('LedgerTableName', ledger.table.tableName, 'The table with what the remediator must remember');
    this.tell('AlarmTopicArn', alarms.topic.topicArn, 'The SNS topic of all alarms, to subscribe to');
  }

  /** What some functions are told of all others, as JSON. */
  private asJson(declared: readonly DeclaredFunction[]): Placeholders {
    const swept = declared.flatMap(({ intake, declared: { name, sweep } }) =>
      intake !== undefined && sweep !== undefined ? [{ intake, target: { name, ...sweep } }] : [],
    );
    const requestable = declared.flatMap(({ declared: { name, subject, requests, start } }) =>
      start.by === 'queue' || start.by === 'schedule' ? [{ name, subject, requests }] : [],
    );
    return {
      sweptQueues: swept.map(({ intake }) => intake.queue.queueArn),
      sweep: this.toJsonString(swept.map(({ intake, target }) => ({ ...target, queueUrl: intake.queue.queueUrl }))),
      requestable: JSON.stringify(requestable),
    };
  }

  private tell(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}

const shared = ({ eventBus, logGroup }: Foundation): Placeholders => ({
  eventBus: eventBus.eventBusArn,
  eventBusName: eventBus.eventBusName,
  logGroup: logGroup.logGroupArn,
  logGroupName: logGroup.logGroupName,
});
