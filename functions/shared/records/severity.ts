import * as z from 'zod';
import type { Reason } from './reason.ts';
import type { DecisionKind } from './record.ts';

/** How much somebody should care, as Security Hub ranks it too; the least first. */
export const severity = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
export type Severity = z.infer<typeof severity>;

const BY_DECISION: Readonly<Record<DecisionKind, Severity>> = {
  acted: 'low',
  'would-act': 'low',
  waiting: 'informational',
  skipped: 'informational',
  refused: 'medium',
  failed: 'high',
  done: 'informational',
};

/** Where a reason weighs more or less than its decision. */
export const REASON_SEVERITIES: Readonly<Partial<Record<Reason, Severity>>> = {
  // Nothing of the fleet was changed: it was only noted.
  'release-seen': 'informational',
  // It is tried again by itself; `halted` tells when it is not any more.
  'upgrade-failed': 'medium',
  'agent-update-failed': 'medium',
  halted: 'high',
  // Nothing at all is done until somebody corrects it.
  'policy-invalid': 'high',
  // Somebody wanted just that.
  'kill-switch': 'low',
};

const weights: ReadonlyMap<string, Severity> = new Map(Object.entries(REASON_SEVERITIES));

/** @param reason also one that a newer function gives: then its decision counts */
export const severityOf = (decision: DecisionKind, reason: string): Severity =>
  weights.get(reason) ?? BY_DECISION[decision];

/** Whether one is at least as severe as another. */
export const isAtLeast = (one: Severity, other: Severity): boolean => rankOf(one) >= rankOf(other);

const rankOf = (one: Severity): number => severity.options.indexOf(one);
