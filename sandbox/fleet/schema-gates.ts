import { z } from 'zod';
import { time } from './schema-values.ts';

const alarmState = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

/** An alarm of the account's own, beside those of the stack. */
export const alarm = z.strictObject({
  name: z.string().min(1).max(255).describe('Name of the alarm'),
  rule: z
    .string()
    .optional()
    .describe('Makes it a composite alarm, of alarms that stand before it: its state follows from them'),
  state: alarmState.default('OK').describe('Its state at the start; of a composite alarm, its rule says it'),
  changes: z
    .array(z.strictObject({ at: time('When its state changes'), state: alarmState.describe('Its state from then on') }))
    .default([])
    .describe('What becomes of its state'),
});

/** An SSM Change Calendar. */
export const calendar = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{3,128}$/, 'expected 3 to 128 letters, digits, dots, dashes or underscores')
    .describe('Name of the SSM document'),
  sharedBy: z
    .string()
    .regex(/^\d{12}$/, 'expected 12 digits')
    .optional()
    .describe('The account that shares it: it is asked for by its ARN, and its events come there'),
  type: z
    .enum(['DEFAULT_OPEN', 'DEFAULT_CLOSED'])
    .default('DEFAULT_OPEN')
    .describe('Its state while none of its events runs'),
  events: z
    .array(z.strictObject({ from: time('When it begins'), until: time('When it ends') }))
    .default([])
    .describe('Meanwhile its state is the other one'),
});
