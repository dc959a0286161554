import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { Faults } from '../faults.ts';
import type { World } from '../world.ts';

/** An AWS service that sends on somebody's behalf, as IAM sees it. */
export interface Sender {
  /** A value such as `events.amazonaws.com`. */
  readonly principal: string;
  /** ARN of the rule, schedule or topic that sends: `aws:SourceArn`. */
  readonly sourceArn: string;
  /** The role that it sends with. Without one, the target's resource policy must allow the principal. */
  readonly roleArn?: string;
}

/** What a service sends to a target. */
export interface Delivery {
  readonly targetArn: string;
  readonly body: string;
  /** Subject, where the target is a topic. */
  readonly subject?: string;
  /** For FIFO queues. */
  readonly messageGroupId?: string;
  /** Text attributes of the message, where the target is a queue. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sender: Sender;
}

/** A service that takes deliveries: SQS, Lambda, SNS. */
export interface Destination {
  /** The right that the sender needs, such as `sqs:SendMessage`. */
  readonly action: string;
  /** Further rights that the sender needs, for example on the target's key. */
  readonly alsoNeeds?: (targetArn: string) => ReadonlyArray<{ readonly action: string; readonly resource: string }>;
  /** @throws AwsError when the delivery is refused */
  readonly accept: (delivery: Delivery) => void;
}

/** @throws AwsError `AccessDeniedException` unless `sender` may do `action` on `resourceArn` */
export type Authorize = (sender: Sender, action: string, resourceArn: string) => void;

/** How long a service keeps trying. */
export interface RetryPolicy {
  readonly maximumAttempts: number;
  readonly maximumAgeMs: number;
  readonly deadLetterArn?: string;
}

/** A delivery that was lost, because neither target nor dead-letter queue took it. Kept for tests and operators. */
export interface LostDelivery {
  readonly delivery: Delivery;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** EventBridge and Scheduler retry for 24 hours and 185 times by default. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maximumAttempts: 185, maximumAgeMs: 86_400_000 };

/** Errors that no retry cures. EventBridge sends these deliveries to the dead-letter queue at once. */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
  'NotFound',
  'InvalidParameterValue',
  'MissingParameter',
]);

/** Delivers what EventBridge, Scheduler and SNS send: authorized, at least once, retried with backoff. */
export class Deliveries {
  /** Deliveries that were given up without a dead-letter queue. */
  readonly lost: LostDelivery[] = [];
  readonly #world: World;
  readonly #faults: Faults;
  readonly #authorize: Authorize;
  readonly #random;
  readonly #destinations = new Map<string, Destination>();

  constructor(world: World, faults: Faults, authorize: Authorize) {
    this.#world = world;
    this.#faults = faults;
    this.#authorize = authorize;
    this.#random = world.random.fork('deliveries');
  }

  /** @param service the service part of its targets' ARNs, such as `sqs` */
  register(service: string, destination: Destination): void {
    this.#destinations.set(service, destination);
  }

  /**
   * Delivers once, now.
   * @throws AwsError when the sender lacks the right, or the target refuses
   */
  deliver(delivery: Delivery): void {
    const service = delivery.targetArn.split(':')[2] ?? '';
    const destination = this.#destinations.get(service);
    if (destination === undefined) {
      throw new NotImplemented(`deliveries to ${delivery.targetArn}`);
    }
    const { sender, targetArn } = delivery;
    this.#authorize(sender, destination.action, targetArn);
    for (const { action, resource } of destination.alsoNeeds?.(targetArn) ?? []) {
      this.#authorize(sender, action, resource);
    }
    this.#faults.failDelivery();
    destination.accept(delivery);
  }

  /** Delivers after a seeded network delay. Retries temporary failures, and finally uses the dead-letter queue. */
  deliverWithRetries(delivery: Delivery, policy: RetryPolicy): void {
    const firstAt = this.#world.time.now;
    const attempt = (retries: number): void => {
      try {
        this.deliver(delivery);
      } catch (error) {
        if (!(error instanceof AwsError) || error instanceof NotImplemented) throw error;
        const backoffMs = Math.min(1_000 * 2 ** retries, 600_000) * (0.5 + this.#random.next() / 2);
        const tooOld = this.#world.time.now + backoffMs - firstAt > policy.maximumAgeMs;
        if (FINAL_ERRORS.has(error.code)) this.#giveUp(delivery, policy, error, retries);
        else if (tooOld) this.#giveUp(delivery, policy, error, retries, 'MaximumEventAgeInSeconds');
        else if (retries >= policy.maximumAttempts) {
          this.#giveUp(delivery, policy, error, retries, 'MaximumRetryAttempts');
        } else this.#world.time.after(backoffMs, () => attempt(retries + 1));
      }
    };
    const delayMs = this.#random.integer(100, 600) + this.#faults.extraDeliveryDelayMs();
    this.#world.time.after(delayMs, () => attempt(0));
  }

  #giveUp(delivery: Delivery, policy: RetryPolicy, error: AwsError, retries: number, exhausted?: string): void {
    let cause = error;
    if (policy.deadLetterArn !== undefined) {
      const attributes: Record<string, string> = {
        [delivery.sender.principal === 'scheduler.amazonaws.com' ? 'SCHEDULE_ARN' : 'RULE_ARN']:
          delivery.sender.sourceArn,
        TARGET_ARN: delivery.targetArn,
        ERROR_CODE: error.code,
        ERROR_MESSAGE: error.message,
        RETRY_ATTEMPTS: String(retries),
        ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
      };
      try {
        const { body, sender } = delivery;
        this.deliver({ targetArn: policy.deadLetterArn, body, sender, attributes });
        return;
      } catch (deadLetterError) {
        if (!(deadLetterError instanceof AwsError)) throw deadLetterError;
        cause = deadLetterError;
      }
    }
    this.lost.push({ delivery, code: cause.code, message: cause.message, at: this.#world.time.now });
  }
}
