import type { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { Foundation } from './foundation.ts';
import type { RemediatorFunction } from './remediator-function.ts';
import { DELIVERY, undeliveredQueue } from './undelivered.ts';

/** Runs a function again and again. */
export class ScheduleTrigger extends Construct {
  constructor(scope: Construct, id: string, foundation: Foundation, target: RemediatorFunction, every: Duration) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: `Runs ${target.name}`,
      schedule: Schedule.rate(every),
      targets: [
        new LambdaFunction(target.function, {
          ...DELIVERY,
          deadLetterQueue: undeliveredQueue(this, foundation.alarms, target.name),
        }),
      ],
    });
  }
}
