import type { PutParameterCommandInput } from '@aws-sdk/client-ssm';
import type * as z from 'zod';
import type { CloudWatch } from '../account/cloudwatch/cloudwatch.ts';
import type { DynamoDb } from '../account/dynamodb/dynamodb.ts';
import type { AccessEntryRequest } from '../account/eks/access-entries.ts';
import type { EventBridge } from '../account/event-bridge/event-bridge.ts';
import type { Iam } from '../account/iam/state.ts';
import type { Logs } from '../account/logs/logs.ts';
import type { LogSubscriptions } from '../account/logs/subscriptions.ts';
import type { Scheduler } from '../account/scheduler/scheduler.ts';
import type { Sns } from '../account/sns/sns.ts';
import type { Sqs } from '../account/sqs/sqs.ts';
import type { CommandDocument } from '../account/ssm/commands-documents.ts';
import type { World } from '../account/world.ts';
import type { Lambda } from '../lambda/lambda.ts';
import type { Authorization } from './authorization.ts';
import type { Identity } from './intrinsics.ts';
import { TemplateError } from './template.ts';

/** The services in which a stack's resources are created. */
export interface StackServices {
  readonly world: World;
  readonly authorization: Authorization;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly eventBridge: EventBridge;
  readonly scheduler: Scheduler;
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly logSubscriptions: LogSubscriptions;
  readonly cloudWatch: CloudWatch;
  readonly dynamoDb: DynamoDb;
  /** Adds a parameter of the template to the Parameter Store, like `PutParameter`. */
  readonly putParameter: (input: PutParameterCommandInput) => void;
  /** Adds a command document of the account, like `CreateDocument`. */
  readonly addDocument: (document: CommandDocument) => void;
  readonly iam: Iam;
  /**
   * Adds an access entry to a cluster, like `CreateAccessEntry`.
   * @throws AwsError
   */
  readonly addAccessEntry: (clusterName: string, request: AccessEntryRequest) => void;
}

/** The context in which a resource is named. */
export interface Naming {
  readonly logicalId: string;
  readonly world: World;
  /** A resolved text property; undefined when the template does not set it. */
  readonly given: (property: string) => string | undefined;
  /** A name generated like CloudFormation's, of at most `longest` characters. */
  readonly generated: (longest: number) => string;
}

/** The context in which a resource is created. */
export interface Creation extends StackServices {
  readonly logicalId: string;
  readonly stackName: string;
  readonly identity: Identity;
  /** Directory of a zip asset. */
  readonly assetDirectory: (s3Key: string) => string;
}

/** One type of resource: how it is named and created. */
export interface ResourceType {
  readonly identify: (naming: Naming) => Identity;
  /** @throws TemplateError for a property that the sandbox does not support */
  readonly create: (properties: unknown, creation: Creation) => void | Promise<void>;
}

/** Combines the parts of a type. Its schema refuses every property that it does not name. */
export function resourceType<Schema extends z.ZodType>(
  schema: Schema,
  identify: (naming: Naming) => Identity,
  create: (properties: z.output<Schema>, creation: Creation) => void | Promise<void> = () => undefined,
): ResourceType {
  return {
    identify,
    create: (properties, creation) => {
      const parsed = schema.safeParse(properties);
      if (parsed.success) return create(parsed.data, creation);
      const problems = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      throw new TemplateError(`The sandbox can not make ${creation.logicalId}: ${problems.join('; ')}`);
    },
  };
}

/** An ARN of the world's account and region. */
export const arn = ({ partition, region, accountId }: World, service: string, resource: string): string =>
  `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
