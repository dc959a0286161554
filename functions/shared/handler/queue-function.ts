import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { RecorderOf, Remediation, Start } from '../declaration/remediation.ts';
import { causeOf } from '../intake/cause.ts';
import { MESSAGE_GROUP, type ReconcileQueue } from '../intake/reconcile-queue.ts';
import { takeBatch } from '../intake/take-batch.ts';
import type { Wake, WakeOptions } from '../intake/wake.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import { leavingOutUnreadable } from '../ledger/tell-unreadable.ts';
import type { Mode } from '../policy/mode.ts';
import { type InvalidPolicy, isInvalid, type PolicyWith, type Sections } from '../policy/policy.ts';
import { policyReaderFrom } from '../policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../runtime/aws-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { readEnvironment } from '../runtime/environment.ts';
import { systemClock as clock } from '../runtime/system-clock.ts';
import { createFunction } from './function.ts';
import { queueEnvironment, wakeEnvironment } from './variables.ts';

/** The declaration of a function that takes its requests from a queue and reads the policy. */
export type QueueRemediation<Read extends Sections = Sections> = Remediation & {
  readonly start: Extract<Start, { readonly by: 'queue' }>;
  readonly policy: { readonly reads: Read };
};

/** The dependencies of each reconcile of such a function. */
export interface QueueDeps<Declared extends QueueRemediation> {
  readonly ledger: Ledger;
  readonly ssm: SSMClient;
  /** The function's own queue, for requests to itself. */
  readonly queue: ReconcileQueue;
  readonly deadLetterQueueUrl: string;
  /** Reads the policy, and counts whether that succeeded, for the alarm on an invalid policy. */
  readonly readPolicy: () => Promise<PolicyWith<Declared['policy']['reads']> | InvalidPolicy>;
  readonly recorder: RecorderOf<Declared>;
  readonly clock: Clock;
  readonly account: string;
  readonly region: string;
  /** The time limit of the function. */
  readonly timeoutSeconds: number;
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
}

/** Wake-ups, for a function that declares `wakesUp`. */
type WakeDeps<Declared extends Remediation> = Declared extends { readonly wakesUp: true }
  ? { readonly wake: Wake }
  : object;
type WakeSource<Declared extends Remediation> = Declared extends { readonly wakesUp: true }
  ? { readonly wake: (queue: WakeQueue) => Wake }
  : object;
type WakeQueue = Omit<WakeOptions, 'scheduler'>;

/** What is known at load, before any event. */
export interface Known<Shape extends z.ZodRawShape> {
  readonly env: z.infer<z.ZodObject<Shape>>;
  readonly sqs: SQSClient;
  readonly clock: Clock;
  readonly region: string;
  readonly partition: string;
  readonly stackName: string;
  readonly defaultMode: Mode;
}

interface Settings<Declared extends QueueRemediation, Shape extends z.ZodRawShape, Own extends object> {
  readonly declared: Declared;
  /** The function's own environment variables, in addition to the shared ones. */
  readonly environment?: Shape;
  /** Creates wake-ups. Only functions that declare `wakesUp` carry the client in their bundle. */
  readonly wake?: (queue: WakeQueue) => Wake;
  /** Creates the function's own clients and settings, once, at load. */
  readonly own: (known: Known<Shape>) => Own;
}

/**
 * Creates the handler of a function that takes its requests from a queue: environment, shared clients, policy, and a
 * quick retry of failed batches. Doing it here means that no function can forget any of it.
 *
 * @returns a function that creates the handler from a reconcile
 * @throws Error at load, which names each missing or wrong environment variable
 */
export function createQueueFunction<
  Declared extends QueueRemediation,
  Own extends object,
  Shape extends z.ZodRawShape = Record<never, never>,
>(settings: Settings<Declared, Shape, Own> & WakeSource<Declared>) {
  const { declared, environment, own } = settings;
  const env = readEnvironment(queueEnvironment);
  const region = env.AWS_REGION;
  const ssm = new SSMClient(CLIENT_DEFAULTS);
  const sqs = new SQSClient(CLIENT_DEFAULTS);
  const wake = settings.wake?.(wakeQueueOf(env.QUEUE_ARN, declared));
  const readPolicy = policyReaderFrom(env, { ssm, clock, reads: declared.policy.reads });
  const shared = {
    ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
    ssm,
    deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
    clock,
    region,
    timeoutSeconds: declared.timeoutSeconds,
    ...(wake && { wake }),
    ...own({
      env: readEnvironment(z.object(environment ?? ({} as Shape))),
      sqs,
      clock,
      region,
      partition: env.QUEUE_ARN.split(':')[1] ?? 'aws',
      stackName: env.STACK_NAME,
      defaultMode: env.DEFAULT_MODE,
    }),
  };
  const taking = { queue: { sqs, url: env.QUEUE_URL }, clock, ...(wake && { wake }), ...mostOf(declared) };
  type Reconcile = (
    deps: QueueDeps<Declared> & WakeDeps<Declared> & Own,
    messages: readonly SQSRecord[],
  ) => Promise<void>;
  return (reconcile: Reconcile) =>
    createFunction<Declared, SQSEvent>({
      declared,
      region,
      stack: env.STACK_NAME,
      run: ({ Records }, { recorder, account, requestId: caller }) =>
        takeBatch(taking, Records, async (messages, queue) => {
          const counted = async () => {
            const policy = await readPolicy();
            if (isInvalid(policy)) recorder.gauge('PolicyInvalid', 1);
            return policy;
          };
          const run = (ledger: Ledger): Promise<void> => {
            const deps = { ...shared, ledger, queue, readPolicy: counted, recorder, account, caller };
            // The types of the settings ensure that wake-ups exist exactly where they are declared.
            return reconcile(deps as unknown as Parameters<Reconcile>[0], messages);
          };
          // A function that keeps nothing in the ledger may not read it.
          if (declared.ledger.length === 0) return run(shared.ledger);
          const telling = { ledger: shared.ledger, recorder, remediation: declared.name, caller, clock };
          const causing = () => causeOf(messages, clock.now());
          return leavingOutUnreadable(telling, causing, run);
        }),
    });
}

function wakeQueueOf(queueArn: string, { start }: QueueRemediation): WakeQueue {
  const { WAKE_SCHEDULE_GROUP: group, WAKE_ROLE_ARN: roleArn } = readEnvironment(wakeEnvironment);
  return { group, roleArn, queueArn, ...(start.queue.fifo && { messageGroupId: MESSAGE_GROUP }) };
}

const mostOf = ({ start: { queue } }: QueueRemediation) => (queue.most === undefined ? {} : { most: queue.most });
