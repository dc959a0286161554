import { Aws, Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pattern as findingsReconcileRequest } from '../events/findings-reconcile-request.ts';
import { patternFrom } from '../events/inspector-package-finding.ts';
import { describeImages, onClusters, onNodegroups, readAmiReleases } from './fleet-rights.ts';
import type { Foundation } from './foundation.ts';
import { ReconcileIntake } from './reconcile-intake.ts';
import { RemediatorFunction } from './remediator-function.ts';
import type { Right } from './right.ts';
import { answer, depths, graph, line } from './widgets.ts';

const TIMEOUT = Duration.minutes(3);

/** `triage-findings` with the queue of Inspector's findings and what fills it. */
export class TriageFindings extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, foundation: Foundation, queues: { readonly upgrades: IQueue }) {
    super(scope, id);
    const { eventBus, ledger, policy, settings } = foundation;

    const intake = new ReconcileIntake(this, foundation, { name: 'triage-findings', timeout: TIMEOUT });
    this.queue = intake.queue;
    intake.take({
      // Findings about the network have a rule of quarantine-workers, those of ECR, Lambda, Azure and code have none.
      FindingRule: [
        'Inspector findings of vulnerable packages on EC2 instances go to triage-findings',
        patternFrom(settings.findingSeverity),
      ],
    });
    intake.take(
      {
        ReconcileRule: [
          'Whoever may put events on the bus can have findings looked at by triage-findings',
          findingsReconcileRequest,
        ],
      },
      eventBus,
    );

    const remediator = new RemediatorFunction(this, 'Remediator', foundation, {
      name: 'triage-findings',
      description: 'Turns Inspector findings on EKS workers into upgrades of their node groups, once, however many',
      timeout: TIMEOUT,
      environment: {
        LEDGER_TABLE: ledger.table.tableName,
        POLICY_PARAMETER: policy.parameter.parameterName,
        DEFAULT_MODE: settings.mode,
        FINDINGS_QUEUE_URL: this.queue.queueUrl,
        FINDINGS_DEAD_LETTER_QUEUE_URL: intake.deadLetters.queueUrl,
        UPGRADE_QUEUE_URL: queues.upgrades.queueUrl,
      },
      rights: [
        {
          sid: 'Workers',
          actions: ['ec2:DescribeInstances'],
          resources: ['*'],
          wildcardReason: 'ec2:DescribeInstances knows no resources.',
        },
        describeImages,
        onClusters('DescribeCluster'),
        onNodegroups('DescribeNodegroup'),
        readAmiReleases,
        ...inspector,
        policy.read(),
        ledger.allow('BatchGetItem', 'PutItem', 'Query'),
        {
          sid: 'RequestAndPutAside',
          actions: ['sqs:SendMessage'],
          resources: [queues.upgrades.queueArn, intake.deadLetters.queueArn],
        },
        intake.receive,
      ],
    });
    // A new vulnerability across a fleet comes as tens of thousands of events: they become some tens of looks.
    remediator.function.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1000, maxBatchingWindow: Duration.seconds(60), maxConcurrency: 2 }),
    );
    const of = { name: remediator.name, stackName: settings.stackName };
    foundation.dashboard.addRemediation(
      'Inspector findings',
      remediator,
      graph('Messages that told of findings', 8, [
        line(of, 'FindingsReceived'),
        line(of, 'FindingsExamined'),
        line(of, 'FindingsDuplicate'),
      ]),
      answer('which-findings-are-open', 16, foundation.logGroup),
      depths('Hints that wait, and dead letters', 8, { waiting: this.queue, dead: intake.deadLetters }),
    );
  }
}

const inspector: readonly Right[] = [
  {
    sid: 'Inspector',
    actions: [
      'inspector2:ListFindings',
      'inspector2:ListFindingAggregations',
      'inspector2:ListCoverage',
      'inspector2:BatchGetAccountStatus',
      'inspector2:Enable',
    ],
    resources: ['*'],
    wildcardReason: 'None of these calls knows resources; the policy has inspector2:Enable off by default.',
  },
  {
    sid: 'InspectorServiceRole',
    actions: ['iam:CreateServiceLinkedRole'],
    // Where scanning begins, Inspector has these two made: by agents, and agentless. Source: its user guide, "Using
    // service-linked roles".
    resources: [
      serviceRole('inspector2.amazonaws.com', 'AWSServiceRoleForAmazonInspector2'),
      serviceRole('agentless.inspector2.amazonaws.com', 'AWSServiceRoleForAmazonInspector2Agentless'),
    ],
    conditions: {
      StringEquals: { 'iam:AWSServiceName': ['inspector2.amazonaws.com', 'agentless.inspector2.amazonaws.com'] },
    },
  },
];

function serviceRole(service: string, name: string): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/aws-service-role/${service}/${name}`;
}
