import * as z from 'zod';
import { mode } from '../policy/mode.ts';

/** The environment variables that the Lambda runtime and the stack set for every function. */
export const baseEnvironment = z.object({
  AWS_REGION: z.string().min(1),
  STACK_NAME: z.string().min(1),
  LEDGER_TABLE: z.string().min(1),
});

/** The environment variables of functions that read the policy. */
export const policyEnvironment = {
  POLICY_PARAMETER: z.string().min(1),
  /** Names of all sections of the policy, comma-separated. */
  POLICY_SECTIONS: z.string().transform((text) => text.split(',')),
  DEFAULT_MODE: mode,
};

/** The environment variables that the stack sets for all functions that take their requests from a queue. */
export const queueEnvironment = baseEnvironment.extend({
  ...policyEnvironment,
  QUEUE_URL: z.url(),
  QUEUE_ARN: z.string().startsWith('arn:'),
  DEAD_LETTER_QUEUE_URL: z.url(),
});

/** The environment variables of functions with wake-ups. */
export const wakeEnvironment = z.object({ WAKE_SCHEDULE_GROUP: z.string().min(1), WAKE_ROLE_ARN: z.string().min(1) });
