import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** What `quarantine-workers` says. */
export const QUARANTINE_REASONS = {
  'not-exposed': { meaning: 'The Internet cannot reach the worker.' },
  'public-by-design': {
    meaning:
      'The group is exposed as a whole: its subnets or its launch template hand out public addresses, or too many of it are exposed.',
    hint: 'Change what the message names, the launch template or the subnets, or let the policy close the exposure (quarantine.publicByDesign).',
    severity: 'high',
  },
  router: {
    meaning:
      'The worker is exposed, and forwards traffic of others (source/destination check off): it is never isolated.',
    hint: 'Take its public address off by hand, or switch the check on if nothing needs it off.',
    severity: 'high',
  },
  'another-stack': {
    meaning: 'Another stack of this product has the worker in quarantine: this one does nothing to it.',
    hint: 'Let the scope of one of the two stacks leave the cluster out.',
    severity: 'high',
  },
  'group-hardened': {
    meaning: 'An exposure to a group that is public by design was closed: rules revoked, subnets closed.',
  },
  'exposure-shared': {
    meaning: 'An exposure to the group is left open, because something that must not be touched uses it too.',
    hint: 'Give the group security groups and subnets of its own, or close the exposure by hand.',
    severity: 'high',
  },
  'would-harden': {
    meaning: 'In mode enforce the exposure to the group would have been closed now.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve SUBJECT --why "…".`,
    severity: 'high',
  },
  'group-restored': { meaning: 'An operator had the exposure to a group opened again, as it was.' },
  'quarantine-budget': {
    meaning: 'As many workers are in quarantine as the policy allows (quarantine.concurrency): this one stays exposed.',
    hint: `Release or terminate one of those (${OPERATOR_COMMAND} quarantines), or raise the limit.`,
    severity: 'high',
  },
  'workers-stay-exposed': {
    meaning:
      'Workers of the group are open to the Internet, and nothing is done about it: the message says why and which.',
    hint: `Close the exposures by hand, or remove what keeps them open: ${OPERATOR_COMMAND} explain SUBJECT shows it.`,
    severity: 'high',
  },
  'exposures-ended': { meaning: 'No worker of the group stays exposed any more.' },
  'quarantine-suspended': {
    meaning:
      'A quarantine cannot go on, and the worker is still exposed: the message names the exposure and what holds it up.',
    hint: 'Lift what the message names, or close the exposure by hand.',
    severity: 'high',
  },
  'would-quarantine': {
    meaning: 'In mode enforce the worker would have been isolated now.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve SUBJECT --why "…".`,
    severity: 'high',
  },
  'quarantine-started': { meaning: 'The worker is exposed: its quarantine began.' },
  'quarantine-found': {
    meaning:
      'The ledger knows nothing of a quarantine of which tags and security groups of the worker tell: the message says which.',
    hint: `Release it, which gives back what its tags tell: ${OPERATOR_COMMAND} release INSTANCE --why "…". Find out who deleted items of the ledger, or set the tag.`,
  },
  'quarantine-undone': {
    meaning: 'Somebody exposes a worker in quarantine again and again. Each time the exposure is closed.',
    hint: 'Find who does it: the message names the caller where CloudTrail told it. A controller that binds addresses must leave this worker out.',
  },
  'quarantine-reinforced': { meaning: 'Somebody exposed a worker in quarantine; the exposure was closed.' },
  draining: { meaning: 'The pods of the worker are being evicted before it is isolated (quarantine.drain).' },
  'quarantine-in-progress': { meaning: 'Steps of the quarantine remain; the worker is reconciled again.' },
  'quarantine-incomplete': {
    meaning: 'An exposure could not be closed: the message names it and why. It is tried again.',
    hint: 'Cure what the message names (mostly a missing right), or close the exposure by hand. What cannot be taken off a running worker is closed by isolating it (quarantine.respond: isolate).',
  },
  quarantined: {
    meaning: 'A fresh read found no exposure: the worker is isolated.',
    hint: `Look into it, then release, extend or terminate: ${OPERATOR_COMMAND} release INSTANCE --why "…".`,
  },
  stripped: { meaning: 'The public addresses of the worker are off; a fresh read found no exposure.' },
  'quarantine-expired': {
    meaning: 'The quarantine lasted as long as the policy allows (quarantine.expireAfter).',
    hint: `Release, extend or terminate it: ${OPERATOR_COMMAND} extend INSTANCE --by 3d --why "…".`,
  },
  'quarantine-extended': { meaning: 'An operator had the quarantine last longer.' },
  'termination-refused': {
    meaning:
      'The worker was not terminated: EC2 refused, or a fresh look spoke against it; the message says why. At an expiry it is tried again.',
    hint: 'Read the error in the message, for example a stop protection, and lift what it names. A worker in no Auto Scaling group that has never joined its cluster is terminated by hand.',
  },
  'worker-terminated': { meaning: 'The worker in quarantine was terminated, on request or at its expiry.' },
  'quarantine-ended': { meaning: 'The worker in quarantine is gone; its slot is free.' },
  'release-started': { meaning: 'An operator had the worker released: it is given back what it had.' },
  'release-in-progress': { meaning: 'Steps of the release remain; the worker is reconciled again.' },
  released: { meaning: 'The worker has back what it had; a fresh read confirmed it.' },
  'released-in-part': {
    meaning: 'The worker is released, but something that it had could not be given back: the message names it.',
    hint: 'Give back by hand what the message names, or replace the worker. Where its Auto Scaling group is full, raise the maximum or take another one out: the return is tried again each hour.',
  },
  'accepted-exposure': { meaning: 'An operator released the worker with this exposure; only a new one counts.' },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof QUARANTINE_REASONS;
