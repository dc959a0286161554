import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { arnHere, type Right } from '../functions/shared/declaration/right.ts';
import { resolve } from './placeholders.ts';
import { policyDocumentOf } from './right.ts';

/**
 * The schedule group for a function's one-time schedules, and the role with which they put a message into its queue.
 */
export class WakeUps extends Construct {
  readonly group: ScheduleGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, queue: IQueue) {
    super(scope, id);
    // The group is deleted with its stack, including its schedules. CDK would retain it, and its name would block the
    // next stack of this name.
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', {
      description: 'Puts wake-ups into their queue',
      // Limited to schedules of this group, so that no other schedule of this or another account can use the role.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
      inlinePolicies: {
        rights: policyDocumentOf([{ sid: 'WakeUp', actions: ['sqs:SendMessage'], resources: [queue.queueArn] }]),
      },
    });
  }

  environment(): Record<string, string> {
    return { WAKE_SCHEDULE_GROUP: this.group.scheduleGroupName, WAKE_ROLE_ARN: this.role.roleArn };
  }

  /** The rights to schedule wake-ups. */
  rights(): Right[] {
    return [
      {
        sid: 'WakeUps',
        actions: ['scheduler:CreateSchedule'],
        resources: [resolve(arnHere('scheduler', `schedule/${this.group.scheduleGroupName}/*`))],
        wildcardReason: 'A wake-up is named after its subject; only the schedules of the own group are meant.',
      },
      {
        sid: 'PassWakeUpRole',
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      },
    ];
  }
}
