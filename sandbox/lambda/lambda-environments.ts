import { createHash } from 'node:crypto';
import type { Logs } from '../account/logs/logs.ts';
import type { World } from '../account/world.ts';
import type { Random } from '../time/random.ts';
import type { InvocationResult } from './execution-environment.ts';
import type { Environment, EnvironmentFactory, FunctionDefinition, InvocationOutcome } from './lambda-function.ts';
import { LambdaLog } from './lambda-log.ts';
import { type Lineage, MOST_INVOCATIONS } from './lineage.ts';

/** One execution environment, with Lambda's bookkeeping. */
interface Held {
  readonly environment: Environment;
  readonly accessKeyId: string;
  readonly log: LambdaLog;
  /** The invocation that it serves, if any. */
  requestId: string | undefined;
  /** Epoch milliseconds. */
  lastUsedAt: number;
  fresh: boolean;
  /**
   * Whether the environment belongs to an earlier version of the function. It finishes its invocation, and serves no
   * further one.
   */
  outdated: boolean;
}

/** The data of one invocation for CloudWatch. */
export interface InvocationReport {
  readonly functionName: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: InvocationOutcome;
}

/** Lambda does not document how long it keeps an idle environment; hours are usual. */
const IDLE_MS = 2 * 3_600_000;
const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The execution environments of one function. They are reused while they live, and limited by the concurrency. */
export class FunctionEnvironments {
  #definition: FunctionDefinition;
  readonly #world: World;
  readonly #logs: Logs;
  readonly #random: Random;
  readonly #create: EnvironmentFactory;
  readonly #report: (report: InvocationReport) => void;
  readonly #accountHasRoom: () => boolean;
  readonly #hash: string;
  #held: Held[] = [];
  /** How many of them serve an invocation. */
  #serving = 0;
  #longestChain = 0;

  constructor(
    definition: FunctionDefinition,
    world: World,
    logs: Logs,
    random: Random,
    create: EnvironmentFactory,
    report: (report: InvocationReport) => void,
    accountHasRoom: () => boolean,
  ) {
    this.#definition = definition;
    this.#world = world;
    this.#logs = logs;
    this.#random = random;
    this.#create = create;
    this.#report = report;
    this.#accountHasRoom = accountHasRoom;
    this.#hash = createHash('sha256').update(definition.arn).digest('hex').slice(0, 8);
  }

  get definition(): FunctionDefinition {
    return this.#definition;
  }

  /**
   * Adopts the function's new code and configuration. Running invocations end unchanged, and later ones get a new
   * environment ("Lambda execution environment lifecycle", Lambda developer guide).
   */
  update(definition: FunctionDefinition): void {
    this.#definition = definition;
    for (const held of this.#held) held.outdated = true;
  }

  /** True while an invocation computes. */
  get busy(): boolean {
    // Asked after each task of the account; most functions do nothing meanwhile.
    return (
      this.#serving > 0 && this.#held.some(({ requestId, environment }) => requestId !== undefined && environment.busy)
    );
  }

  /** The environment that has this access key, with the invocation that it serves. */
  holderOf(accessKeyId: string): { readonly requestId: string | undefined } | undefined {
    return this.#held.find((held) => held.accessKeyId === accessKeyId);
  }

  /** Kills the environment that serves the invocation. */
  crash(requestId: string): void {
    this.#held.find((held) => held.requestId === requestId)?.environment.kill();
  }

  /** How many invocations are running. */
  get running(): number {
    return this.#held.filter(({ requestId }) => requestId !== undefined).length;
  }

  /** The largest number of invocations of the function in one chain. */
  get longestChain(): number {
    return this.#longestChain;
  }

  /** Invokes in an idle environment, or in a new one after a cold start. */
  async invoke(event: unknown, requestId: string, lineage?: Lineage): Promise<InvocationOutcome> {
    const { time } = this.#world;
    const { name: functionName, timeoutMs, memorySizeMb } = this.definition;
    const unserved = (kind: 'throttled' | 'recursion'): InvocationOutcome => {
      const outcome: InvocationOutcome = { ok: false, kind };
      this.#report({ functionName, startedAt: time.now, durationMs: 0, outcome });
      return outcome;
    };
    const count = (lineage?.get(this.#hash) ?? 0) + 1;
    if (count > MOST_INVOCATIONS && this.definition.recursiveLoop === 'Terminate') return unserved('recursion');
    const held = this.#acquire();
    if (held === undefined) return unserved('throttled');
    this.#longestChain = Math.max(this.#longestChain, count);
    held.requestId = requestId;
    this.#serving++;
    const initDurationMs = held.fresh ? await this.#coldStart(held) : undefined;
    held.log.start(requestId);
    const startedAt = time.now;
    const result: InvocationResult = await held.environment.invoke(event, {
      requestId,
      timeoutMs,
      lineage: new Map([...(lineage ?? []), [this.#hash, count]]),
    });
    const durationMs = time.now - startedAt;
    held.log.end({
      requestId,
      durationMs,
      memorySizeMb,
      result,
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
    });
    this.#report({ functionName, startedAt, durationMs, outcome: result });
    held.requestId = undefined;
    this.#serving--;
    held.lastUsedAt = time.now;
    return result;
  }

  #acquire(): Held | undefined {
    this.#retire();
    const idle = this.#held.filter(({ requestId }) => requestId === undefined);
    const { reservedConcurrency } = this.definition;
    const running = this.#held.length - idle.length;
    if (reservedConcurrency !== undefined && running >= reservedConcurrency) return undefined;
    if (!this.#accountHasRoom()) return undefined;
    // The most recently used one, so that a busy hour's surplus stays idle and is retired.
    const warm = idle.sort((a, b) => b.lastUsedAt - a.lastUsedAt)[0];
    if (warm !== undefined) return warm;
    const held = this.#hold();
    this.#held.push(held);
    return held;
  }

  #retire(): void {
    const oldest = this.#world.time.now - IDLE_MS;
    this.#held = this.#held.filter((held) => {
      const isWanted = !held.outdated && held.lastUsedAt >= oldest;
      const keep = held.environment.alive && (held.requestId !== undefined || isWanted);
      if (!keep) held.environment.kill();
      return keep;
    });
  }

  #hold(): Held {
    const { name, logging } = this.definition;
    const accessKeyId = `ASIA${Array.from({ length: 16 }, () => KEY_ALPHABET[this.#random.integer(0, 31)]).join('')}`;
    const date = new Date(this.#world.time.now).toISOString().slice(0, 10).replaceAll('-', '/');
    const stream = `${date}/${name}[$LATEST]${this.#random.hex(32)}`;
    const write = (line: string): void => this.#logs.append(logging.group, stream, line);
    return {
      environment: this.#create(this.definition, accessKeyId, write),
      accessKeyId,
      log: new LambdaLog(logging, () => this.#world.time.now, write),
      requestId: undefined,
      lastUsedAt: this.#world.time.now,
      fresh: true,
      outdated: false,
    };
  }

  #coldStart(held: Held): Promise<number> {
    held.fresh = false;
    held.log.initStart(this.definition.name);
    const initDurationMs = this.#random.integer(150, 400);
    return new Promise((resolve) => {
      this.#world.time.after(initDurationMs, () => resolve(initDurationMs));
    });
  }
}
