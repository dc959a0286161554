import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { readRequestedChange } from '../functions/request-actions/requested-change.ts';
import { offersFor } from '../functions/review-actions/offers.ts';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { chosen } from './widget.fixture.ts';

const worker = { instance: 'i-0f3a5c7e9b1d2f4a6' };
const upgrade = { remediation: 'upgrade-node-groups' };
const agent = { remediation: 'manage-ssm-agent', ...worker };
const quarantine = { remediation: 'quarantine-workers', ...worker };

it.each<[string, Partial<ReadRecord>]>([
  ['a proposed upgrade', { ...upgrade, decision: 'would-act', reason: 'would-upgrade' }],
  ['a halted group', { ...upgrade, decision: 'refused', reason: 'halted' }],
  ['a failed upgrade', { ...upgrade, decision: 'failed', reason: 'upgrade-failed' }],
  ['a proposed remedy', { ...agent, decision: 'would-act', reason: 'would-remedy' }],
  ['an agent that does not answer', { ...agent, decision: 'failed', reason: 'agent-missing' }],
  ['a proposed quarantine', { ...quarantine, decision: 'would-act', reason: 'would-quarantine' }],
  ['a worker in quarantine', { ...quarantine, decision: 'done', reason: 'quarantined' }],
  [
    'a group whose exposures were closed',
    { remediation: 'quarantine-workers', decision: 'acted', reason: 'group-hardened' },
  ],
])('every action that is offered for %s is a request that its function takes', (_, record) => {
  const offers = offersFor([{ ...exampleRecord, ...record }], REMEDIATIONS);
  expect(offers.length).toBeGreaterThan(0);
  for (const offer of offers) {
    const requested = readRequestedChange(chosen(offer, { 'ehr-by': '3d' }), REMEDIATIONS);
    expect(requested).not.toHaveProperty('problems');
    expect(requested).toMatchObject({ action: offer.action, detail: { requestedBy: 'Ada (by the dashboard)' } });
  }
});
