import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { AwsError } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import type { PlannedCall } from './planned-call.ts';
import { errorOf, type Refusal, refuseForGood } from './refusals.ts';

/** The faults to inject. Each is off unless named; rates are shares of 1. */
export interface FaultPlan {
  /** Delivers every SQS message twice. */
  readonly duplicateMessages?: boolean;
  /** Delivers every event to each of its targets twice. */
  readonly duplicateEvents?: boolean;
  /** Delays deliveries by up to this long (ms), so that they overtake each other. */
  readonly deliveryDelayMs?: number;
  /** Share of deliveries to targets that fail temporarily. */
  readonly deliveryFailureRate?: number;
  /** Share of a function's calls that get the service's throttling error, and have no effect. */
  readonly throttleRate?: number;
  /** Share of calls that get the service's internal error, and have no effect. */
  readonly serverErrorRate?: number;
  /** Share of calls that never arrive: no effect, and the connection is closed. */
  readonly lostRequestRate?: number;
  /** Share of calls that take effect, but whose response never arrives. */
  readonly lostReplyRate?: number;
  /** Share of the results of GetMetricData that lack their newest data points, as their status says. */
  readonly partialMetricsRate?: number;
  /** Share of the AWS services' own events that are lost. */
  readonly eventLossRate?: number;
  /** Share of calls at which the execution environment dies: before the call is done, or after. */
  readonly crashRate?: number;
  /** After this time from the start, ms, no fault happens any more; absent where faults never end. */
  readonly quietAfterMs?: number;
  /** Kills the execution environment at a call. */
  readonly crash?: Crash;
  /** Calls that are refused each time, as by a policy of the organization. */
  readonly refusals?: readonly Refusal[];
}

export interface Crash {
  /** Name as in the caller's `function`. */
  readonly function: string;
  /** The number of the function's call in this run, from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Kills the execution environment that runs the invocation. */
export type CrashInvocation = (invocationId: string) => void;

/** The latency and faults of the sandbox, all drawn from the seed. */
export class Faults {
  readonly #time: VirtualTime;
  readonly #plan: FaultPlan;
  readonly #crash: CrashInvocation;
  readonly #latency: Random;
  readonly #chance: Random;
  readonly #startedAt: number;
  readonly #quietAt: number;
  readonly #callsByFunction = new Map<string, number>();

  constructor(world: { readonly time: VirtualTime; readonly random: Random }, plan: FaultPlan, crash: CrashInvocation) {
    this.#time = world.time;
    this.#plan = plan;
    this.#crash = crash;
    this.#startedAt = world.time.now;
    this.#quietAt = world.time.now + (plan.quietAfterMs ?? Number.POSITIVE_INFINITY);
    this.#latency = world.random.fork('latency');
    this.#chance = world.random.fork('faults');
  }

  /**
   * Schedules a call 10 to 60 ms from now (virtual), then runs it atomically; the server's `execute` is this. Calls of
   * the operator have no faults.
   *
   * @throws ConnectionDropped when the caller gets no response; otherwise whatever `run` or the fault throws, to be
   * answered
   */
  aroundCall<Answer>(call: PlannedCall, run: () => Answer | Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#time.after(this.#latency.integer(10, 60), () => this.#execute(call, run).then(resolve, reject));
    });
  }

  /** How many copies of a message are put into a queue. */
  get messageCopies(): number {
    return this.#plan.duplicateMessages === true && !this.#isQuiet ? 2 : 1;
  }

  /** How many times an event is sent to a target. */
  get eventCopies(): number {
    return this.#plan.duplicateEvents === true && !this.#isQuiet ? 2 : 1;
  }

  /** The additional delay of a delivery, ms. */
  extraDeliveryDelayMs(): number {
    const most = this.#isQuiet ? 0 : (this.#plan.deliveryDelayMs ?? 0);
    return most === 0 ? 0 : this.#chance.integer(0, most);
  }

  /** Whether an event of an AWS service is lost. */
  losesEvent(): boolean {
    return this.#happens(this.#plan.eventLossRate);
  }

  /** Whether a result of GetMetricData is only a part. */
  tellsMetricInPart(): boolean {
    return this.#happens(this.#plan.partialMetricsRate);
  }

  /** @throws AwsError for the share of deliveries that are to fail */
  failDelivery(): void {
    if (this.#happens(this.#plan.deliveryFailureRate)) {
      throw new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', 500);
    }
  }

  async #execute<Answer>(call: PlannedCall, run: () => Answer | Promise<Answer>): Promise<Answer> {
    const { invocationId } = call.caller;
    if (invocationId === undefined) return run();
    const number = (this.#callsByFunction.get(call.caller.function) ?? 0) + 1;
    this.#callsByFunction.set(call.caller.function, number);
    const crash = this.#plan.crash;
    const isPlanned = crash?.function === call.caller.function && crash.call === number;
    const crashes = isPlanned ? crash.when : this.#crashes();
    if (crashes === 'before') this.#end(invocationId);
    if (this.#happens(this.#plan.lostRequestRate)) throw new ConnectionDropped('request lost');
    if (!this.#isQuiet) refuseForGood(this.#plan.refusals ?? [], call, this.#time.now - this.#startedAt);
    this.#refuse(call.service.signingName);
    const answer = await run();
    if (crashes === 'after') this.#end(invocationId);
    if (this.#happens(this.#plan.lostReplyRate)) throw new ConnectionDropped('reply lost');
    return answer;
  }

  #crashes(): Crash['when'] | undefined {
    if (!this.#happens(this.#plan.crashRate)) return undefined;
    return this.#chance.next() < 0.5 ? 'before' : 'after';
  }

  get #isQuiet(): boolean {
    return this.#time.now >= this.#quietAt;
  }

  #end(invocationId: string): never {
    this.#crash(invocationId);
    throw new ConnectionDropped('caller crashed');
  }

  #refuse(service: string): void {
    if (this.#happens(this.#plan.throttleRate)) throw errorOf(service, 'throttled');
    if (this.#happens(this.#plan.serverErrorRate)) throw errorOf(service, 'failed');
  }

  /** Draws a number only where a rate is set, so that faults do not change each other's random numbers. */
  #happens(rate = 0): boolean {
    return rate > 0 && !this.#isQuiet && this.#chance.next() < rate;
  }
}
