import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { Remediation, Start } from '../functions/shared/declaration/remediation.ts';
import type { Foundation } from './foundation.ts';
import { eventPatternOf } from './queue-intake.ts';
import type { RemediatorFunction } from './remediator-function.ts';
import { DELIVERY } from './undelivered.ts';

/** A function that a schedule starts. */
export type Scheduled = Remediation & { readonly start: Extract<Start, { readonly by: 'schedule' }> };

/**
 * Creates the rules that start a function: its schedule, and one rule for each of its events.
 *
 * @param owner the function's own construct
 */
export function runBySchedule(
  owner: Construct,
  { undelivered, settings }: Foundation,
  declared: Scheduled,
  made: RemediatorFunction,
): void {
  const { start, events } = declared;
  const scope = new Construct(owner, 'Schedule');
  const targets = [new LambdaFunction(made.function, { ...DELIVERY, deadLetterQueue: undelivered.queue })];
  const schedule = Schedule.rate(start.every === 'day' ? Duration.days(1) : settings[start.every]);
  new Rule(scope, 'Rule', { description: `Runs ${made.name}`, schedule, targets });
  for (const [id, { description, event }] of Object.entries(events)) {
    new Rule(owner, id, { description, eventPattern: eventPatternOf(event.pattern), targets });
  }
}
