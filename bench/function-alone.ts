import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CallRecord } from '../sandbox/account/service.ts';
import { type EmbeddedAccount, openAccount } from '../sandbox/embedded-account.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import type { FunctionDefinition } from '../sandbox/lambda/lambda-function.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';

/** What one invocation of a function used, and what it called. */
export interface Used {
  /** Epoch milliseconds with fractions, when the event arrived. */
  readonly startedAt: number;
  /** CPU of the function's process, ms of a whole core. That of the first event includes the load of the bundle. */
  readonly cpuMs: number;
  /** The largest resident memory of the function's process so far. */
  readonly peakRssBytes: number;
  /** The errors of a failed invocation, separated by semicolons. */
  readonly error?: string;
  readonly calls: readonly TimedCall[];
}

export interface TimedCall extends Pick<CallRecord, 'operation' | 'service' | 'outcome' | 'input'> {
  /** Epoch milliseconds with fractions. */
  readonly at: number;
}

/**
 * An account that answers on a port of this machine, so that a function can be measured in a process of its own,
 * without the account's work. The account's time stands still unless it is played.
 */
export class ServedAccount {
  readonly account: EmbeddedAccount;
  readonly #calls: TimedCall[];
  readonly #endpoint: string;

  private constructor(account: EmbeddedAccount, calls: TimedCall[], endpoint: string) {
    this.account = account;
    this.#calls = calls;
    this.#endpoint = endpoint;
  }

  static async open(synthesized: SynthesizedStack, fleet: object, policy: object): Promise<ServedAccount> {
    const calls: TimedCall[] = [];
    const account = await openAccount({
      fleet: parseFleet(JSON.stringify(fleet), 'bench'),
      seed: 1,
      synthesized,
      policy: JSON.stringify(policy),
      onCall: ({ function: caller, operation, service, outcome, input }) => {
        // A function in a process of its own uses the operator's key. The functions that the account runs have names.
        if (caller !== 'operator') return;
        calls.push({ operation, service, outcome, input, at: performance.timeOrigin + performance.now() });
      },
    });
    const { http } = account.server;
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return new ServedAccount(account, calls, `http://127.0.0.1:${port}`);
  }

  /** @throws Error where the stack has no such function */
  definitionOf(name: string): FunctionDefinition {
    const found = this.account.lambda.functions.find(({ label }) => label === name);
    if (found === undefined) throw new Error(`The stack has no function ${name}.`);
    return found;
  }

  /** Starts a process for a function, with the environment that the stack gives it. */
  start(name: string): FunctionAlone {
    const { bundle, arn, memorySizeMb, environment } = this.definitionOf(name);
    const child = fork(join(import.meta.dirname, 'function-process.cjs'), [bundle], {
      execArgv: memoryOf(memorySizeMb),
      env: { ...withQueuesAt(this.#endpoint, environment), ...this.#variables },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new FunctionAlone(child, this.#calls, arn);
  }

  /**
   * CPU of a process that has the memory of a function, and only repeats the reads among these calls with the AWS SDK,
   * one after the other, ms of a whole core. It drops the answers. Clients and their modules are loaded before.
   */
  async repeatReads(name: string, calls: readonly TimedCall[]): Promise<number> {
    const from = this.#calls.length;
    const child = fork(join(import.meta.dirname, 'reads-alone.cjs'), {
      execArgv: memoryOf(this.definitionOf(name).memorySizeMb),
      env: this.#variables,
      // Inputs may hold dates.
      serialization: 'advanced',
    });
    const reads = calls.filter(({ operation }) => /^(Describe|List|Get|BatchGet|Query)/.test(operation));
    child.send(reads.map(({ service, operation, input }) => ({ service, operation, input })));
    const [{ cpuMs }] = await once(child, 'message');
    const repeated = this.#calls.length - from;
    if (repeated !== reads.length) throw new Error(`${repeated} of ${reads.length} reads of ${name} were repeated.`);
    return cpuMs;
  }

  get #variables(): Record<string, string> {
    return {
      AWS_REGION: this.account.world.region,
      AWS_ACCESS_KEY_ID: 'AKIABENCH',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL: this.#endpoint,
    };
  }

  close(): void {
    this.account.server.http.close();
    this.account.server.http.closeAllConnections();
  }
}

/** A function in its own process. */
export class FunctionAlone {
  readonly #child: ChildProcess;
  readonly #calls: TimedCall[];
  readonly #arn: string;
  #invocations = 0;

  constructor(child: ChildProcess, calls: TimedCall[], arn: string) {
    this.#child = child;
    this.#calls = calls;
    this.#arn = arn;
  }

  /** Invokes the function with messages of its queue. */
  async invoke(bodies: readonly object[]): Promise<Used> {
    this.#invocations += 1;
    const from = this.#calls.length;
    const Records = bodies.map((body, index) => ({
      messageId: `${this.#invocations}-${index}`,
      receiptHandle: 'bench',
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:111122223333:bench',
    }));
    const context = { awsRequestId: `bench-${this.#invocations}`, invokedFunctionArn: this.#arn };
    // Whichever comes second is not waited for, because listeners would pile up from event to event.
    const over = new AbortController();
    const answer = once(this.#child, 'message', over);
    const ended = once(this.#child, 'exit', over).then(([code]) => {
      throw new Error(`The function's process ended with ${code}.`);
    });
    this.#child.send({ event: { Records }, context });
    const [used] = await Promise.race([answer, ended]).finally(() => over.abort());
    return { ...used, calls: this.#calls.slice(from) };
  }

  end(): void {
    this.#child.disconnect();
  }
}

/** Lambda's Node.js runtime gives about these shares of a function's memory to old and to young objects. */
const memoryOf = (megabytes: number): string[] => [
  `--max-old-space-size=${Math.floor(megabytes * 0.9)}`,
  `--max-semi-space-size=${Math.floor(megabytes * 0.05)}`,
];

/** The SDK calls a queue at the host of the queue's URL, whatever the endpoint is. */
const withQueuesAt = (endpoint: string, environment: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/https:\/\/sqs\.[^/]+/g, endpoint)]),
  );
