import { AwsError } from '../../wire/aws-error.ts';
import type { Faults } from '../faults.ts';
import { parseScheduleExpression } from '../scheduler/schedule-expression.ts';
import type { EmittedEvent, World } from '../world.ts';
import { DEFAULT_RETRY_POLICY, type Deliveries, type RetryPolicy } from './delivery.ts';
import { compileEventPattern, type EventMatcher } from './event-pattern.ts';

/** An event as rules match it and targets get it. */
export interface BusEvent {
  readonly version: string;
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface RuleTarget {
  readonly arn: string;
  readonly roleArn?: string;
  readonly messageGroupId?: string;
  /** A constant JSON text that replaces the event. */
  readonly input?: string;
  readonly retryPolicy?: Partial<RetryPolicy>;
}

export interface RuleDefinition {
  readonly name: string;
  readonly busName: string;
  readonly description?: string;
  readonly enabled: boolean;
  /** The pattern as an object. A rule has a pattern, a schedule, or both. */
  readonly eventPattern?: unknown;
  readonly scheduleExpression?: string;
  readonly targets: readonly RuleTarget[];
}

/** A rule as the account holds it. */
export interface Rule extends RuleDefinition {
  readonly arn: string;
}

export const DEFAULT_BUS = 'default';

/** Amazon EventBridge: buses, rules with event patterns or schedules, and their targets. */
export class EventBridge {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #deliveries: Deliveries;
  readonly #random;
  readonly #rulesByBus = new Map<string, Array<Rule & { readonly matches?: EventMatcher }>>([[DEFAULT_BUS, []]]);

  constructor(world: World, faults: Faults, deliveries: Deliveries) {
    this.#world = world;
    this.#faults = faults;
    this.#deliveries = deliveries;
    this.#random = world.random.fork('events');
  }

  createBus(name: string): void {
    if (this.#rulesByBus.has(name)) {
      throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
    }
    this.#rulesByBus.set(name, []);
  }

  get busNames(): readonly string[] {
    return [...this.#rulesByBus.keys()];
  }

  busArn(name: string): string {
    return `arn:${this.#world.partition}:events:${this.#world.region}:${this.#world.accountId}:event-bus/${name}`;
  }

  ruleArn(busName: string, name: string): string {
    const path = busName === DEFAULT_BUS ? name : `${busName}/${name}`;
    return `arn:${this.#world.partition}:events:${this.#world.region}:${this.#world.accountId}:rule/${path}`;
  }

  /** Accepts the name or the ARN of a bus. */
  busNameOf(nameOrArn: string | undefined): string {
    return nameOrArn?.split('event-bus/').at(-1) ?? DEFAULT_BUS;
  }

  /** @throws AwsError `ResourceNotFoundException` */
  rulesOn(busName: string): readonly Rule[] {
    return this.#bus(busName);
  }

  /** @throws AwsError for a pattern or schedule expression that AWS would reject */
  createRule(definition: RuleDefinition): void {
    const { name, busName, eventPattern, scheduleExpression } = definition;
    const rule = {
      ...definition,
      arn: this.ruleArn(busName, name),
      ...(eventPattern === undefined ? {} : { matches: compileEventPattern(eventPattern) }),
    };
    this.#bus(busName).push(rule);
    if (scheduleExpression !== undefined && rule.enabled) this.#schedule(rule, scheduleExpression);
  }

  /** Publishes an AWS service's own event on the default bus. */
  emit(event: EmittedEvent): void {
    const complete = this.newEvent(event);
    if (!this.#faults.losesEvent()) this.put(DEFAULT_BUS, complete);
  }

  newEvent({ source, detailType, resources, detail }: EmittedEvent, at = this.#world.time.now): BusEvent {
    return {
      version: '0',
      id: this.#random.uuid(),
      'detail-type': detailType,
      source,
      account: this.#world.accountId,
      time: `${new Date(at).toISOString().slice(0, 19)}Z`,
      region: this.#world.region,
      resources,
      detail,
    };
  }

  /** Publishes a complete event on a bus: every enabled rule that matches sends it to its targets. */
  put(busName: string, event: BusEvent): void {
    for (const rule of this.#bus(busName)) {
      if (rule.enabled && rule.matches?.(event) === true) this.#send(rule, event);
    }
  }

  #send(rule: Rule, event: BusEvent): void {
    for (const target of rule.targets) {
      const delivery = {
        targetArn: target.arn,
        body: target.input ?? JSON.stringify(event),
        sender: {
          principal: 'events.amazonaws.com',
          sourceArn: rule.arn,
          ...(target.roleArn === undefined ? {} : { roleArn: target.roleArn }),
        },
        ...(target.messageGroupId === undefined ? {} : { messageGroupId: target.messageGroupId }),
      };
      for (let copy = 0; copy < this.#faults.eventCopies; copy++) {
        this.#deliveries.deliverWithRetries(delivery, { ...DEFAULT_RETRY_POLICY, ...target.retryPolicy });
      }
    }
  }

  #schedule(rule: Rule, expression: string): void {
    if (rule.busName !== DEFAULT_BUS || expression.startsWith('at(')) {
      throw new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.');
    }
    const schedule = parseScheduleExpression(expression, 'UTC', this.#world.time.now);
    const plan = (): void => {
      const next = schedule.next(this.#world.time.now);
      if (next === undefined) return;
      this.#world.time.at(next, () => {
        const tick = { source: 'aws.events', detailType: 'Scheduled Event', resources: [rule.arn], detail: {} };
        this.#send(rule, this.newEvent(tick));
        plan();
      });
    };
    plan();
  }

  #bus(name: string): Array<Rule & { readonly matches?: EventMatcher }> {
    const rules = this.#rulesByBus.get(name);
    if (rules === undefined) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return rules;
  }
}
