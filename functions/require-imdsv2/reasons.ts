import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** What `require-imdsv2` says. */
export const IMDS_REASONS = {
  'imdsv2-required': {
    meaning: 'The instance metadata service of the worker takes version 2 only, or is off.',
    rejectUndoes: true,
  },
  'imdsv2-being-required': {
    meaning: 'The metadata service of the worker was set to take version 2 only; its hop limit was kept.',
    hint: `Set it in the launch template, too. The message names the template. To undo it: ${OPERATOR_COMMAND} reject RESOURCE --why "…".`,
    rejectUndoes: true,
  },
  'would-require-imdsv2': {
    meaning: 'In mode enforce the metadata service would take version 2 only.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
  },
  'imdsv2-operated': {
    meaning: 'The metadata service of the worker takes version 1, and an AWS service operates its instance.',
    hint: 'Have that service launch its instances with version 2 only, as far as it lets you.',
  },
  'imdsv2-undone': { meaning: 'An operator had the change undone. The metadata service takes version 1 again.' },
  'imdsv2-refused': {
    meaning: 'AWS refused to change the metadata options of the worker.',
    hint: 'Read the error in the message. The usual cause is a missing permission, or a policy of the organization.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof IMDS_REASONS;
