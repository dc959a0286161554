import type { Deliveries, Delivery, RetryPolicy } from '../account/event-bridge/delivery.ts';
import type { Logs } from '../account/logs/logs.ts';
import type { Caller } from '../account/service.ts';
import type { World } from '../account/world.ts';
import { AwsError, NotImplemented } from '../wire/aws-error.ts';
import { FunctionEnvironments, type InvocationReport } from './lambda-environments.ts';
import type { EnvironmentFactory, FunctionDefinition, InvocationOutcome } from './lambda-function.ts';
import type { Lineage } from './lineage.ts';

/** An asynchronous event that failed in every attempt, without a dead-letter queue. */
export interface DroppedEvent {
  readonly functionName: string;
  readonly event: unknown;
  readonly reason: string;
  readonly at: number;
}

/** Lambda retries an asynchronous event twice, one and then two minutes after the failure. */
const RETRY_DELAYS_MS: readonly number[] = [60_000, 120_000];
const MOST_EVENT_AGE_MS = 6 * 3_600_000;
/** How often a dead letter that its queue does not take is tried again. AWS does not say; some seconds are few. */
const DEAD_LETTER_RETRIES: RetryPolicy = { maximumAttempts: 3, maximumAgeMs: 60_000 };

/**
 * The concurrency of a new account.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html "New AWS accounts have reduced
 * concurrency"
 */
const NEW_ACCOUNT_CONCURRENCY = 10;

export interface LambdaOptions {
  /** The account's concurrency. */
  readonly concurrentExecutions?: number;
  /**
   * Whether loops of invocations are stopped; false is as if each function had `RecursiveLoop: Allow`. Source: Lambda
   * developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
   */
  readonly detectsLoops?: boolean;
}

/** AWS Lambda: the template's functions, invoked synchronously, asynchronously, and by event source mappings. */
export class Lambda {
  readonly dropped: DroppedEvent[] = [];
  /** The name of the function that polls a queue, by the queue's ARN. Event source mappings enter themselves. */
  readonly pollers = new Map<string, string>();
  readonly #world: World;
  readonly #logs: Logs;
  readonly #deliveries: Deliveries;
  readonly #createEnvironment: EnvironmentFactory;
  readonly #random;
  readonly #functions = new Map<string, FunctionEnvironments>();
  /** How many invocations may run at a time: the account's concurrency, less what others use of it. */
  concurrentExecutions: number;
  readonly #detectsLoops: boolean;
  readonly #listeners: Array<(report: InvocationReport) => void> = [];

  constructor(
    world: World,
    logs: Logs,
    deliveries: Deliveries,
    createEnvironment: EnvironmentFactory,
    { concurrentExecutions = NEW_ACCOUNT_CONCURRENCY, detectsLoops = true }: LambdaOptions = {},
  ) {
    this.concurrentExecutions = concurrentExecutions;
    this.#detectsLoops = detectsLoops;
    this.#world = world;
    this.#logs = logs;
    this.#deliveries = deliveries;
    this.#createEnvironment = createEnvironment;
    this.#random = world.random.fork('lambda');
    world.time.addActivity(() => [...this.#functions.values()].some(({ busy }) => busy));
    deliveries.register('lambda', {
      action: 'lambda:InvokeFunction',
      accept: ({ targetArn, body }) => this.invokeAsynchronously(targetArn, JSON.parse(body)),
    });
  }

  /** Creates a function, or updates the code and configuration of an existing one. */
  createFunction(asDeclared: FunctionDefinition): void {
    const definition: FunctionDefinition = this.#detectsLoops ? asDeclared : { ...asDeclared, recursiveLoop: 'Allow' };
    this.#logs.ensureGroup(definition.logging.group);
    const known = this.#functions.get(definition.name);
    if (known !== undefined) {
      known.update(definition);
      return;
    }
    const random = this.#random.fork(definition.name);
    const environments = new FunctionEnvironments(
      definition,
      this.#world,
      this.#logs,
      random,
      this.#createEnvironment,
      (report) => {
        for (const listener of this.#listeners) listener(report);
      },
      () => this.#running < this.concurrentExecutions,
    );
    this.#functions.set(definition.name, environments);
  }

  /** Calls the listener for every invocation that has ended, and for every throttled one. */
  onInvocation(listener: (report: InvocationReport) => void): void {
    this.#listeners.push(listener);
  }

  get #running(): number {
    return [...this.#functions.values()].reduce((sum, { running }) => sum + running, 0);
  }

  /**
   * By label: the largest number of invocations of a function in one chain, as Lambda counts them for loop detection.
   */
  get longestChains(): ReadonlyMap<string, number> {
    return new Map([...this.#functions.values()].map((each) => [each.definition.label, each.longestChain]));
  }

  get functions(): readonly FunctionDefinition[] {
    return [...this.#functions.values()].map(({ definition }) => definition);
  }

  /**
   * @param nameOrArn as AWS accepts it
   * @throws AwsError `ResourceNotFoundException`
   */
  function(nameOrArn: string): FunctionDefinition {
    return this.#environments(nameOrArn).definition;
  }

  /**
   * Invokes, and returns how it ended (`RequestResponse`).
   * @param lineage of the chain of invocations that led here, where AWS counts it
   */
  invoke(nameOrArn: string, event: unknown, lineage?: Lineage): Promise<InvocationOutcome> {
    return this.#environments(nameOrArn).invoke(event, this.#random.uuid(), lineage);
  }

  /** Puts the event into the function's own queue (`Event`): retried on errors, finally dead-lettered. */
  invokeAsynchronously(nameOrArn: string, event: unknown): void {
    const environments = this.#environments(nameOrArn);
    const requestId = this.#random.uuid();
    const acceptedAt = this.#world.time.now;
    const attempt = (errors: number, throttles: number): void => {
      void environments.invoke(event, requestId).then((outcome) => {
        if (outcome.ok) return;
        const throttled = outcome.kind === 'throttled';
        const delayMs = throttled ? Math.min(1_000 * 2 ** throttles, 300_000) : RETRY_DELAYS_MS[errors];
        if (delayMs === undefined || this.#world.time.now + delayMs - acceptedAt > MOST_EVENT_AGE_MS) {
          const reason = 'error' in outcome ? outcome.error.message : 'Rate Exceeded.';
          this.#giveUp(environments.definition, event, requestId, reason);
        } else
          this.#world.time.after(delayMs, () =>
            attempt(throttled ? errors : errors + 1, throttled ? throttles + 1 : 0),
          );
      });
    };
    this.#world.time.after(this.#random.integer(5, 50), () => attempt(0, 0));
  }

  /** Kills the execution environment that serves the invocation. */
  crash(requestId: string): void {
    for (const environments of this.#functions.values()) environments.crash(requestId);
  }

  /** The function that has this access key, or undefined. */
  callerOf(accessKeyId: string): Caller | undefined {
    for (const environments of this.#functions.values()) {
      const holder = environments.holderOf(accessKeyId);
      if (holder === undefined) continue;
      const { label, roleLogicalId } = environments.definition;
      const invocation = holder.requestId === undefined ? {} : { invocationId: holder.requestId };
      return { function: label, roleLogicalId, ...invocation };
    }
    return undefined;
  }

  #environments(nameOrArn: string): FunctionEnvironments {
    const environments = this.#functions.get(nameOrArn.split(':function:').at(-1) ?? '');
    if (environments === undefined) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    }
    return environments;
  }

  #giveUp(
    { name, arn, roleArn, deadLetterArn }: FunctionDefinition,
    event: unknown,
    requestId: string,
    reason: string,
  ): void {
    if (deadLetterArn === undefined) {
      this.dropped.push({ functionName: name, event, reason, at: this.#world.time.now });
      return;
    }
    const deadLetter: Delivery = {
      targetArn: deadLetterArn,
      body: JSON.stringify(event),
      attributes: { RequestID: requestId, ErrorCode: '200', ErrorMessage: reason.slice(0, 1_024) },
      sender: { principal: 'lambda.amazonaws.com', sourceArn: arn, roleArn },
    };
    try {
      this.#deliveries.deliver(deadLetter);
    } catch (error) {
      if (!(error instanceof AwsError) || error instanceof NotImplemented) throw error;
      // What passes is tried again. What does not pass is lost: Lambda deletes the event. Source: Lambda developer guide,
      // "Adding a dead-letter queue".
      this.#deliveries.deliverWithRetries(deadLetter, DEAD_LETTER_RETRIES);
    }
  }
}
