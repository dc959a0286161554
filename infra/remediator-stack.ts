import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import type { Foundation } from './foundation.ts';
import { Ledger } from './ledger.ts';
import { ManageSsmAgent } from './manage-ssm-agent.ts';
import { NotifyStories } from './notify-stories.ts';
import { PolicyParameter } from './policy-parameter.ts';
import { QuarantineWorkers } from './quarantine-workers.ts';
import { ReviewActions } from './review-actions.ts';
import { SavedQueries } from './saved-queries.ts';
import type { Settings } from './settings.ts';
import { SweepFleet } from './sweep-fleet.ts';
import { TriageFindings } from './triage-findings.ts';
import { UpgradeNodeGroups } from './upgrade-node-groups.ts';
import { WatchAmiReleases } from './watch-ami-releases.ts';

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
    };

    const review = new ReviewActions(this, 'ReviewActions', foundation);
    const upgrades = new UpgradeNodeGroups(this, 'UpgradeNodeGroups', foundation);
    new WatchAmiReleases(this, 'WatchAmiReleases', foundation);
    const agents = new ManageSsmAgent(this, 'ManageSsmAgent', foundation);
    const quarantine = new QuarantineWorkers(this, 'QuarantineWorkers', foundation);
    const findings = new TriageFindings(this, 'TriageFindings', foundation, { upgrades: upgrades.queue });
    new SweepFleet(this, 'SweepFleet', foundation, {
      upgrades: upgrades.queue,
      agents: agents.queue,
      quarantine: quarantine.queue,
      findings: findings.queue,
    });
    const notifications = new NotifyStories(this, 'NotifyStories', foundation);
    new SavedQueries(this, 'Queries', { stackName, logGroup });
    const { policy, eventBus, ledger, alarms, dashboard } = foundation;
    const dashboardName = dashboard.finish(alarms.addUnhealthy(), alarms.all);

    this.tell('PolicyParameterName', policy.parameter.parameterName, 'The SSM parameter to write the policy into');
    this.tell('LogGroupName', logGroup.logGroupName, 'Where the records of all decisions are');
    this.tell('DashboardName', dashboardName, 'The CloudWatch dashboard: what was done, refused, waits and fails');
    this.tell(
      'ReviewFunctionArn',
      review.viewFunctionArn,
      'The function that shows the widget: who may look invokes it',
    );
    this.tell('RequestFunctionArn', review.requestFunctionArn, 'The function of its actions: who may act invokes it');
    this.tell('EventBusName', eventBus.eventBusName, 'The bus with the events of the remediator');
    this.tell('LedgerTableName', ledger.table.tableName, 'The table with what the remediator must remember');
    this.tell('AgentRoleArn', agents.role.roleArn, 'The role of manage-ssm-agent, for access entries of clusters');
    this.tell('QuarantineRoleArn', quarantine.role.roleArn, 'The role of quarantine-workers, for access entries');
    this.tell('NotificationTopicArn', notifications.topic.topicArn, 'The SNS topic of what was done and refused');
    this.tell('AlarmTopicArn', alarms.topic.topicArn, 'The SNS topic of all alarms, to subscribe to');
  }

  private tell(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
