import { partitionOf } from '../account/partition.ts';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { TASK_ROOT } from './bundle.ts';

/** The secret key of every function's credentials: the sandbox has no secrets. */
export const SECRET_ACCESS_KEY = 'sandbox';

/** What Lambda tells a function about itself. */
export interface FunctionIdentity {
  readonly functionName: string;
  readonly memorySizeMb: number;
  readonly accountId: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly accessKeyId: string;
  readonly handler: string;
  readonly time: VirtualTime;
}

const logStreamName = ({ time }: FunctionIdentity): string =>
  `${new Date(time.now).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]sandbox`;

/**
 * The environment variables that the Node.js runtime defines.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function lambdaVariables(identity: FunctionIdentity): Record<string, string> {
  return {
    _HANDLER: identity.handler,
    AWS_REGION: identity.region,
    AWS_DEFAULT_REGION: identity.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: identity.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(identity.memorySizeMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: identity.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName(identity),
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: 'sandbox',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
    LAMBDA_TASK_ROOT: TASK_ROOT,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    NODE_PATH: `/opt/nodejs/node24/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:${TASK_ROOT}`,
  };
}

/** An X-Ray trace header of an unsampled trace. */
export const traceId = (now: number, random: Random): string =>
  `Root=1-${Math.floor(now / 1000).toString(16)}-${random.hex(24)};Parent=${random.hex(16)};Sampled=0`;

/**
 * The context object of an invocation.
 *
 * @param deadline epoch ms, virtual
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export function lambdaContext(identity: FunctionIdentity, requestId: string, deadline: number): object {
  const { functionName, memorySizeMb, accountId, region, time } = identity;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${functionName}`,
    memoryLimitInMB: String(memorySizeMb),
    awsRequestId: requestId,
    logGroupName: identity.logGroupName,
    logStreamName: logStreamName(identity),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - time.now),
  };
}
