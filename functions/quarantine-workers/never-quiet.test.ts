import { expect, it } from 'vitest';
import { REASONS } from '../remediations.ts';
import { needsSomebody, stateOf } from '../shared/records/current-state.ts';
import type { DecisionKind } from '../shared/records/record.ts';
import { severityOf } from '../shared/records/record.ts';
import { isAtLeast, type Severity } from '../shared/records/severity.ts';
import { STAYS_EXPOSED, STAYS_EXPOSED_WORKER } from '../shared/records/status.ts';
import { quarantineWorkers } from './remediation.ts';

/** The decision that each reason has where a way in stays open. */
const DECISIONS: Readonly<Record<string, DecisionKind>> = {
  'quarantine-budget': 'waiting',
  'would-quarantine': 'would-act',
  'public-by-design': 'refused',
  router: 'refused',
  'instance-operated': 'refused',
  'auto-mode-exposed': 'skipped',
  'routes-unread': 'waiting',
  'rules-hidden': 'waiting',
  'would-harden': 'would-act',
  'exposure-shared': 'refused',
  'workers-stay-exposed': 'refused',
  'released-in-part': 'failed',
  'quarantine-suspended': 'refused',
  'quarantine-incomplete': 'failed',
};

/** Guards keep a worker open for the group's own message to tell (`workers-stay-exposed`). */
const TOLD_BY_THE_GROUP = new Set(['kill-switch', 'policy-invalid', 'unreadable']);

const reasons = [...new Set([...STAYS_EXPOSED, ...STAYS_EXPOSED_WORKER])].filter(
  (reason) => !TOLD_BY_THE_GROUP.has(reason),
);

it.each(reasons)('a way in that stays open is told of as at least grave, and needs somebody: %s', (reason) => {
  const decision = DECISIONS[reason];
  expect(decision, 'by which decision is it given?').toBeDefined();
  const severity: Severity | undefined = REASONS[reason]?.severity;
  const record = { decision: decision ?? 'done', ...(severity !== undefined && { severity }) };
  expect(isAtLeast(severityOf(record), 'high'), severityOf(record)).toBe(true);
  const word = { remediation: 'quarantine-workers', reason, at: 0, decision: record.decision };
  expect(needsSomebody(word)).toBe(true);
  if (reason !== 'released-in-part') expect(stateOf(word)).toBe('exposed');
});

it('has an alarm that rises while any worker stays exposed, looked at by every sweep', () => {
  expect(quarantineWorkers.alarms['stays-exposed']).toMatchObject({ metric: 'StaysExposed', lasts: true });
});
