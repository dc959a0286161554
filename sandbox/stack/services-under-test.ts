import type { PutParameterCommandInput } from '@aws-sdk/client-ssm';
import type { FaultPlan } from '../account/faults.ts';
import { Iam } from '../account/iam/state.ts';
import type { EmittedEvent, World } from '../account/world.ts';
import type { InvocationResult } from '../lambda/execution-environment.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import type { LambdaOptions } from '../lambda/lambda.ts';
import type { Environment, FunctionDefinition } from '../lambda/lambda-function.ts';
import { writeLineage } from '../lambda/lineage.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AccountServer } from '../wire/account-server.ts';
import { Stack } from './stack.ts';
import { callableServices, createStackServices } from './stack-services.ts';
import { parseTemplate } from './template.ts';

export const START = Date.parse('2026-07-14T09:00:00Z');
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** The behaviour of a test's function: it takes `ms` of virtual time, then succeeds or fails. */
export interface Behaviour {
  readonly ms?: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** One invocation of a test's function. */
export interface Invocation {
  readonly at: number;
  readonly label: string;
  readonly event: unknown;
  readonly requestId: string;
  /** The access key of the credentials with which the function would call AWS. */
  readonly accessKeyId: string;
  /** The trace header of the function's own calls. */
  readonly traceHeader: string;
}

/**
 * The account's event and queue services with functions that behave as the test says. The SDK's own clients reach them
 * over the wire protocols in memory.
 */
export function servicesUnderTest(
  options: {
    seed?: number;
    faultPlan?: FaultPlan;
    lambda?: LambdaOptions;
    behave?: (invocation: Invocation) => Behaviour;
  } = {},
) {
  const { seed = 7, faultPlan = {}, lambda = {}, behave = (): Behaviour => ({}) } = options;
  const time = new VirtualTime(START);
  const invocations: Invocation[] = [];
  const parameters: PutParameterCommandInput[] = [];
  const accessEntries: object[] = [];
  const world: World = {
    accountId: '111122223333',
    region: 'eu-central-1',
    partition: 'aws',
    time,
    random: new Random(seed),
    emit: (event: EmittedEvent) => services.eventBridge.emit(event),
  };

  const createEnvironment = (
    definition: FunctionDefinition,
    accessKeyId: string,
    onLine: (line: string) => void,
  ): Environment => {
    let alive = true;
    let finish: ((result: InvocationResult) => void) | undefined;
    const end = (result: InvocationResult): void => {
      finish?.(result);
      finish = undefined;
    };
    const failed = (kind: 'error' | 'timeout', name: string, message: string): InvocationResult => ({
      ok: false,
      kind,
      error: { name, message, stack: '' },
    });
    return {
      get alive() {
        return alive;
      },
      busy: false,
      invoke: (event, { requestId, timeoutMs, lineage = new Map() }) => {
        const invocation = {
          at: time.now,
          label: definition.label,
          event,
          requestId,
          accessKeyId,
          traceHeader: writeLineage(lineage),
        };
        invocations.push(invocation);
        const { ms = 100, result = null, error } = behave(invocation);
        onLine(JSON.stringify({ message: 'working', requestId }));
        return new Promise((resolve) => {
          finish = resolve;
          time.after(timeoutMs, () => end(failed('timeout', 'Sandbox.Timedout', 'Task timed out')));
          time.after(ms, () => end(error === undefined ? { ok: true, result } : failed('error', 'Error', error)));
        });
      },
      kill: () => {
        alive = false;
        end(failed('error', 'Runtime.ExitError', 'killed'));
      },
    };
  };

  const services = createStackServices({
    world,
    faultPlan,
    createEnvironment,
    lambda,
    account: {
      putParameter: (parameter) => parameters.push(parameter),
      addDocument: () => undefined,
      iam: new Iam(world),
      addAccessEntry: (clusterName, request) => accessEntries.push({ clusterName, ...request }),
    },
  });
  const server = new AccountServer({
    services: callableServices(services, world),
    world,
    identify: () => ({ function: 'operator' }),
  });
  const { https } = new InMemoryNetwork(server.http).attach((effect) => effect());
  const clientConfig = {
    region: world.region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
    maxAttempts: 1,
  };

  return {
    ...services,
    time,
    invocations,
    parameters,
    accessEntries,
    clientConfig,
    /** Advances the time by this many milliseconds. */
    play: (ms: number) => time.play(time.now + ms),
    /** Deploys a template; only its resources are required. */
    deploy: (resources: object, more: object = {}) =>
      Stack.deploy(
        {
          template: parseTemplate({ Resources: resources, ...more }),
          stackName: 'test-stack',
          assetDirectory: (s3Key) => `/assets/${s3Key}`,
        },
        services,
      ),
  };
}

/** The members of a template's function that tests do not care about. */
export function functionResources(
  logicalId: string,
  properties: object = {},
  statements: object[] = [],
): Record<string, object> {
  const everything = { Effect: 'Allow', Action: ['logs:*', 'sqs:*'], Resource: '*' };
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return {
    [`${logicalId}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Statement: [trust] },
        Policies: [{ PolicyName: 'rights', PolicyDocument: { Statement: [everything, ...statements] } }],
      },
    },
    [logicalId]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: 'assets', S3Key: 'hash.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': [`${logicalId}Role`, 'Arn'] },
        Timeout: 30,
        LoggingConfig: { LogFormat: 'JSON' },
        Environment: { Variables: { POWERTOOLS_SERVICE_NAME: logicalId.toLowerCase() } },
        ...properties,
      },
    },
  };
}

/** Lets EventBridge, SNS and others send to a queue of the template. */
export const openQueue = (logicalId: string): object => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [{ Ref: logicalId }],
    PolicyDocument: {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: ['events.amazonaws.com', 'sns.amazonaws.com'] },
          Action: 'sqs:SendMessage',
          Resource: { 'Fn::GetAtt': [logicalId, 'Arn'] },
        },
      ],
    },
  },
});
