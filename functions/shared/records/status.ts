import type { ReadRecord } from './record-line.ts';

/** Reasons after which a worker is in quarantine, and can be released, extended and terminated. */
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

/** Reasons that leave an exposure of a worker open for now. */
const LEFT_OPEN = [
  'quarantine-budget',
  'would-quarantine',
  'public-by-design',
  'router',
  'instance-operated',
  'auto-mode-exposed',
  'routes-unread',
  'rules-hidden',
] as const;
/** Reasons that leave an exposure of a node group open for now. */
const GROUP_LEFT_OPEN = ['would-harden', 'exposure-shared', 'workers-stay-exposed'] as const;

/** Reasons of `quarantine-workers` after which a worker or node group stays exposed, or may be. */
export const STAYS_EXPOSED = [...LEFT_OPEN, ...GROUP_LEFT_OPEN, 'released-in-part'] as const;

/**
 * Reasons of `quarantine-workers` that leave an exposure of a worker open although nobody has accepted it. They include
 * the guards, because the function checks them only for a worker that is exposed or in quarantine.
 */
export const STAYS_EXPOSED_WORKER = [
  ...LEFT_OPEN,
  'quarantine-suspended',
  'quarantine-incomplete',
  'kill-switch',
  'policy-invalid',
  'unreadable',
] as const;

/**
 * Reasons of `quarantine-workers` for an exposure that somebody has accepted, or that a tag or the scope leaves alone.
 */
export const ACCEPTED_EXPOSURE = ['accepted-exposure', 'proposal-rejected', 'opted-out', 'out-of-scope'] as const;

/**
 * Reasons of `quarantine-workers` while an exposure of the worker or node group is open; its guards are listed
 * separately.
 */
export const EXPOSED = [
  ...LEFT_OPEN,
  ...GROUP_LEFT_OPEN,
  'draining',
  'quarantine-suspended',
  'quarantine-incomplete',
  'accepted-exposure',
  'proposal-rejected',
] as const;

/**
 * Reasons of `quarantine-workers` about rules for ports 22 and 3389. They are about another question than exposure, so
 * none of them begins or ends an exposure.
 */
export const SHELL_INGRESS = [
  'shell-ingress-closed',
  'would-close-shell-ingress',
  'shell-ingress-stays',
  'shell-ingress-left-open',
  'shell-ingress-ended',
] as const;

/** Reasons for a group on which nothing more is tried until an operator resumes it. */
const RESUMABLE = ['halted', 'breaker-tripped', 'held-by-breaker', 'refresh-halted', 'refresh-cancelled'] as const;

/** Answers to requests. They never determine the state of their subject, which stays as it was or is recorded anew. */
export const ANSWERS = ['request-granted', 'request-refused'] as const;

/** Guards that keep `quarantine-workers` from acting on a worker. A worker in quarantine stays there meanwhile. */
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

/**
 * Guards of the whole account. While one holds, a function looks at no subject, so that what it said before still stands.
 */
export const STOPS = ['kill-switch', 'policy-invalid'] as const;

/** Reasons for a node group or a cluster that gets no releases any more, or soon will get none. */
const END_OF_LIFE = ['end-of-life', 'support-ends', 'support-ends-soon', 'support-ended', 'extended-support'] as const;

const isOneOf =
  (reasons: readonly string[]) =>
  (reason: string): boolean =>
    reasons.some((each) => each === reason);

/**
 * Whether something that was closed of a node group can be opened again.
 * @param reasons of `quarantine-workers` about the group, latest last
 */
export function isGroupClosed(reasons: readonly string[]): boolean {
  const last = reasons.findLast((reason) => isGroupClosing(reason) || reason === 'group-restored');
  return last !== undefined && isGroupClosing(last);
}

const isGroupClosing = (reason: string): boolean => reason === 'group-hardened' || reason === 'shell-ingress-closed';

export const meansQuarantine = isOneOf(IN_QUARANTINE);
export const isEndOfLife = isOneOf(END_OF_LIFE);
export const isAnswer = isOneOf(ANSWERS);
export const isResumable = isOneOf(RESUMABLE);
export const isQuarantineGuard = isOneOf(QUARANTINE_GUARDS);
const isStop = isOneOf(STOPS);

/** Whether a record tells of a guard that leaves what its function said before standing. */
export const isHold = ({ remediation, reason }: Pick<ReadRecord, 'remediation' | 'reason'>): boolean =>
  remediation === 'quarantine-workers' ? isQuarantineGuard(reason) : isStop(reason);

/**
 * Whether a record becomes its function's latest outcome for its subject.
 * @param before the latest outcome so far
 */
export const isLastWord = (
  { reason }: Pick<ReadRecord, 'reason'>,
  before: Pick<ReadRecord, 'reason'> | undefined,
): boolean =>
  before === undefined || !(isAnswer(reason) || (isQuarantineGuard(reason) && meansQuarantine(before.reason)));
