import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pattern as agentReconcileRequest } from '../events/agent-reconcile-request.ts';
import { pattern as instanceLaunch } from '../events/autoscaling-instance-launch.ts';
import { pattern as instanceRunning } from '../events/ec2-instance-running.ts';
import { pattern as inspectorCoverage } from '../events/inspector-coverage.ts';
import { patternFor as requestsFor } from '../events/remediation-request.ts';
import { KUBERNETES_GROUP } from '../kubernetes/rbac.ts';
import { describeImages, onClusters, onNodegroups } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { ReconcileIntake } from './reconcile-intake.ts';
import { RemediatorFunction } from './remediator-function.ts';
import { arnHere, type Right } from './right.ts';
import { WakeUps } from './wake-ups.ts';
import { answer, depths, graph, line } from './widgets.ts';

const TIMEOUT = Duration.minutes(3);

/** `manage-ssm-agent` with the queue of its reconcile requests, what fills it, its wake-ups, and its way into clusters. */
export class ManageSsmAgent extends Construct {
  readonly queue: Queue;
  readonly role: Role;

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id);
    const { eventBus, ledger, policy, settings } = foundation;

    // An agent takes a minute to register: an earlier look would find nothing.
    const deliveryDelay = Duration.minutes(1);
    const intake = new ReconcileIntake(this, foundation, { name: 'manage-ssm-agent', timeout: TIMEOUT, deliveryDelay });
    this.queue = intake.queue;
    intake.take({
      InstanceRunningRule: ['An EC2 instance that runs goes to manage-ssm-agent', instanceRunning],
      InstanceLaunchRule: ['An instance that Auto Scaling launched goes to manage-ssm-agent', instanceLaunch],
      InspectorCoverageRule: ['An instance that Inspector calls unmanaged goes to manage-ssm-agent', inspectorCoverage],
    });
    intake.take(
      {
        ReconcileRule: [
          'Whoever may put events on the bus can have workers looked at by manage-ssm-agent',
          agentReconcileRequest,
        ],
        RequestRule: [
          'Whoever may put events on the bus can have a remedy approved, rejected or tried again',
          requestsFor('manage-ssm-agent'),
        ],
      },
      eventBus,
    );
    const wakeUps = new WakeUps(this, 'WakeUps', this.queue);
    const hostManagement = this.hostManagementRole();

    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'manage-ssm-agent',
      description: 'Makes sure that each EKS worker answers in Systems Manager, and says why where one does not',
      timeout: TIMEOUT,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        POLICY_PARAMETER: policy.parameter.parameterName,
        DEFAULT_MODE: settings.mode,
        AGENT_QUEUE_URL: this.queue.queueUrl,
        AGENT_QUEUE_ARN: this.queue.queueArn,
        AGENT_DEAD_LETTER_QUEUE_URL: intake.deadLetters.queueUrl,
        HOST_MANAGEMENT_ROLE: hostManagement.roleName,
        WAKE_SCHEDULE_GROUP: wakeUps.group.scheduleGroupName,
        WAKE_ROLE_ARN: wakeUps.role.roleArn,
      },
      rights: [
        {
          sid: 'Workers',
          actions: [
            'ec2:DescribeInstances',
            'ec2:DescribeRouteTables',
            'ec2:DescribeVpcEndpoints',
            'ec2:DescribeSecurityGroups',
            'ssm:DescribeInstanceInformation',
            'ssm:GetCommandInvocation',
          ],
          resources: ['*'],
          wildcardReason: 'None of these reading calls knows resources.',
        },
        describeImages,
        onClusters('DescribeCluster'),
        onNodegroups('DescribeNodegroup'),
        ...nodeRoles,
        ...agentCommands,
        {
          sid: 'HostManagement',
          actions: ['ssm:GetServiceSetting', 'ssm:UpdateServiceSetting'],
          resources: [arnHere('ssm', 'servicesetting/ssm/managed-instance/default-ec2-instance-management-role')],
        },
        {
          sid: 'PassHostManagementRole',
          actions: ['iam:PassRole'],
          resources: [hostManagement.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
        },
        policy.read(),
        ledger.allow('BatchGetItem', 'PutItem'),
        ...wakeUps.rights(),
        {
          sid: 'ReconcileAgainAndPutAside',
          actions: ['sqs:SendMessage'],
          resources: [this.queue.queueArn, intake.deadLetters.queueArn],
        },
        intake.receive,
      ],
    });
    this.role = remediator.role;
    // A wave of launches within seconds becomes a few looks: each call describes many workers.
    remediator.function.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1000, maxBatchingWindow: Duration.seconds(30), maxConcurrency: 2 }),
    );
    remediator.addAlarm(foundation, 'Failed', 'agent-failed');
    const of = { name: remediator.name, stackName: settings.stackName };
    foundation.dashboard.addRemediation(
      'SSM agents of workers',
      remediator,
      // A sweep counts every worker once.
      graph('Workers, and those whose agent does not answer', 8, [
        line(of, 'WorkersSeen').with({ period: settings.sweepSchedule }),
        line(of, 'WorkersUnanswered').with({ period: settings.sweepSchedule }),
      ]),
      answer('workers-without-ssm-by-cause', 16, foundation.logGroup),
      depths('Hints that wait, and dead letters', 8, { waiting: this.queue, dead: intake.deadLetters }),
    );
    for (const clusterName of settings.accessEntryClusters) {
      new CfnAccessEntry(this, `AccessEntry-${clusterName}`, {
        clusterName,
        principalArn: remediator.role.roleArn,
        kubernetesGroups: [KUBERNETES_GROUP],
        type: 'STANDARD',
      });
    }
  }

  /** What agents assume under Default Host Management, once that is registered; unused until then. */
  private hostManagementRole(): Role {
    const role = new Role(this, 'HostManagementRole', {
      description: 'What SSM agents may do under Default Host Management',
      // As AWS documents it: whether Systems Manager says for which account it comes is not, so nothing is asked of it.
      assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedEC2InstanceDefaultPolicy')],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy]',
      reason: 'The policy that AWS keeps for just this role: it changes with the agent.',
    });
    return role;
  }
}

const everyNodeRole =
  'Node roles are named by their owners; what is done to one is read, or bound to one policy of AWS.';

/** To tell what a node role allows, and to give it what the agent needs: that one policy and no other. */
const nodeRoles: readonly Right[] = [
  {
    sid: 'ReadNodeRoles',
    actions: ['iam:GetInstanceProfile', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies', 'iam:GetRolePolicy'],
    resources: [iamHere('instance-profile/*'), iamHere('role/*')],
    wildcardReason: everyNodeRole,
  },
  {
    sid: 'ReadPolicies',
    actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
    resources: [iamHere('policy/*'), `arn:${Aws.PARTITION}:iam::aws:policy/*`],
    wildcardReason:
      'A node role may have any policy, of its owner or of AWS: what one allows can only be told by reading it.',
  },
  {
    sid: 'AttachAgentPolicy',
    actions: ['iam:AttachRolePolicy'],
    resources: [iamHere('role/*')],
    conditions: {
      ArnEquals: { 'iam:PolicyARN': `arn:${Aws.PARTITION}:iam::aws:policy/AmazonSSMManagedInstanceCore` },
    },
    wildcardReason: everyNodeRole,
  },
];

const agentCommands: readonly Right[] = [
  {
    sid: 'UpdateAgents',
    actions: ['ssm:SendCommand'],
    resources: [
      `arn:${Aws.PARTITION}:ssm:${Aws.REGION}::document/AWS-UpdateSSMAgent`,
      `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`,
    ],
    wildcardReason: 'Any instance may be a worker; the only document that can be sent updates the agent.',
  },
];

function iamHere(resource: string): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:${resource}`;
}
