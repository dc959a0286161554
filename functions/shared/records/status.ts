import type { ReadRecord } from './record-line.ts';

/** Last words after which a worker is in quarantine, and can be released, extended and terminated. */
export const IN_QUARANTINE = [
  'quarantine-started',
  'draining',
  'quarantine-in-progress',
  'quarantine-incomplete',
  'quarantine-suspended',
  'quarantined',
  'stripped',
  'quarantine-reinforced',
  'quarantine-undone',
  'quarantine-found',
  'quarantine-extended',
  'quarantine-expired',
  'termination-refused',
] as const;

/** Those that say that nothing is done about an exposure of a worker yet. */
const LEFT_OPEN = ['quarantine-budget', 'would-quarantine', 'public-by-design', 'router'] as const;
/** Those that say so of a group. */
const GROUP_LEFT_OPEN = ['would-harden', 'exposure-shared', 'workers-stay-exposed'] as const;

/** Last words of `quarantine-workers` after which a worker or a group stays exposed, or may be. */
export const STAYS_EXPOSED = [...LEFT_OPEN, ...GROUP_LEFT_OPEN, 'released-in-part'] as const;

/**
 * Last words of `quarantine-workers` on a worker of which an exposure stays open, without anybody having said that it may.
 * The guards are among them: it only asks them about a worker that is exposed or in quarantine.
 */
export const STAYS_EXPOSED_WORKER = [
  ...LEFT_OPEN,
  'quarantine-suspended',
  'quarantine-incomplete',
  'kill-switch',
  'policy-invalid',
  'unreadable',
] as const;

/** Last words of `quarantine-workers` on an exposure that somebody has said may stay open, or that a tag or the scope leaves alone. */
export const ACCEPTED_EXPOSURE = ['accepted-exposure', 'proposal-rejected', 'opted-out', 'out-of-scope'] as const;

/** Last words of `quarantine-workers` while an exposure of the worker, or of the group, is open; its guards are others. */
export const EXPOSED = [
  ...LEFT_OPEN,
  ...GROUP_LEFT_OPEN,
  'draining',
  'quarantine-suspended',
  'quarantine-incomplete',
  'accepted-exposure',
  'proposal-rejected',
] as const;

/** What is said to a request. It is no last word on its subject: that stands as it stood before, or is told anew. */
export const ANSWERS = ['request-granted', 'request-refused'] as const;

/** What keeps `quarantine-workers` from acting on a worker: one in quarantine stays there meanwhile. */
export const QUARANTINE_GUARDS = [
  'kill-switch',
  'mode-off',
  'policy-invalid',
  'out-of-scope',
  'opted-out',
  'unknown-cluster',
  'claims-to-be-worker',
  'unreadable',
] as const;

const isOneOf =
  (reasons: readonly string[]) =>
  (reason: string): boolean =>
    reasons.some((each) => each === reason);

export const meansQuarantine = isOneOf(IN_QUARANTINE);
export const isAnswer = isOneOf(ANSWERS);
export const isQuarantineGuard = isOneOf(QUARANTINE_GUARDS);

/** Whether a record is its function's last word on its subject from now on. @param before the last word until now */
export const isLastWord = (
  { reason }: Pick<ReadRecord, 'reason'>,
  before: Pick<ReadRecord, 'reason'> | undefined,
): boolean =>
  before === undefined || !(isAnswer(reason) || (isQuarantineGuard(reason) && meansQuarantine(before.reason)));
