import * as z from 'zod';
import type { DecisionKind, RemediationRecord } from './record.ts';

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

/** How severe a record is: by its decision, unless its reason weighs more or less. */
export const severityOf = ({ decision, severity: own }: Pick<RemediationRecord, 'decision' | 'severity'>): Severity =>
  own ?? BY_DECISION[decision];

/** Whether one is at least as severe as another. */
export const isAtLeast = (one: Severity, other: Severity): boolean => rankOf(one) >= rankOf(other);

const rankOf = (one: Severity): number => severity.options.indexOf(one);
