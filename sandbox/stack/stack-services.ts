import { CloudWatch } from '../account/cloudwatch/cloudwatch.ts';
import { cloudWatchService } from '../account/cloudwatch/operations.ts';
import { DynamoDb } from '../account/dynamodb/dynamodb.ts';
import { dynamoDbService } from '../account/dynamodb/operations.ts';
import { Deliveries } from '../account/event-bridge/delivery.ts';
import { EventBridge } from '../account/event-bridge/event-bridge.ts';
import { eventBridgeService } from '../account/event-bridge/operations.ts';
import { type FaultPlan, Faults } from '../account/faults.ts';
import { Logs } from '../account/logs/logs.ts';
import { logsService } from '../account/logs/operations.ts';
import { LogSubscriptions } from '../account/logs/subscriptions.ts';
import { schedulerService } from '../account/scheduler/operations.ts';
import { Scheduler } from '../account/scheduler/scheduler.ts';
import type { Service } from '../account/service.ts';
import { Sns } from '../account/sns/sns.ts';
import { sqsService } from '../account/sqs/operations.ts';
import { Sqs } from '../account/sqs/sqs.ts';
import type { World } from '../account/world.ts';
import { Lambda, type LambdaOptions } from '../lambda/lambda.ts';
import type { EnvironmentFactory } from '../lambda/lambda-function.ts';
import { Authorization } from './authorization.ts';
import type { StackServices } from './resource-type.ts';

export interface StackServicesOptions {
  readonly world: World;
  readonly faultPlan: FaultPlan;
  readonly createEnvironment: EnvironmentFactory;
  /** Lambda's settings that differ from a new account. */
  readonly lambda?: LambdaOptions;
  /** The parts of the account that a template changes. */
  readonly account: Pick<StackServices, 'putParameter' | 'addDocument' | 'iam' | 'addAccessEntry'>;
}

/** The account's services that invoke functions, connected to each other. */
export function createStackServices(options: StackServicesOptions) {
  const { world, faultPlan, createEnvironment, account } = options;
  const authorization = new Authorization(world.accountId);
  const faults = new Faults(world, faultPlan, (invocationId) => lambda.crash(invocationId));
  const deliveries = new Deliveries(world, faults, (sender, action, arn) =>
    authorization.authorize(sender, action, arn),
  );
  const logs = new Logs(world);
  const lambda = new Lambda(world, logs, deliveries, createEnvironment, options.lambda);
  const sqs = new Sqs(world, faults, deliveries);
  const cloudWatch = new CloudWatch(world, deliveries, { logs, sqs });
  lambda.onInvocation(cloudWatch.hearInvocation);
  return {
    world,
    ...account,
    authorization,
    faults,
    deliveries,
    logs,
    logSubscriptions: new LogSubscriptions(
      world,
      logs,
      deliveries,
      (functionArn) => lambda.functions.find(({ arn }) => arn === functionArn)?.logging.group,
    ),
    lambda,
    cloudWatch,
    sqs,
    sns: new Sns(world, deliveries),
    eventBridge: new EventBridge(world, faults, deliveries),
    scheduler: new Scheduler(world, deliveries),
    dynamoDb: new DynamoDb(world),
  } satisfies StackServices & Record<string, unknown>;
}

/** The operations that clients can call. */
export const callableServices = (
  { eventBridge, sqs, sns, scheduler, logs, cloudWatch, dynamoDb, faults }: ReturnType<typeof createStackServices>,
  world: World,
): Service[] => [
  eventBridgeService(eventBridge),
  sqsService(world, sqs),
  sns.service,
  schedulerService(scheduler),
  logsService(logs, world),
  cloudWatchService(cloudWatch, world, faults),
  dynamoDbService(dynamoDb),
];
