import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../../functions/remediations.ts';
import { exampleRecord } from '../../functions/shared/records/record.fixture.ts';
import type { ReadRecord } from '../../functions/shared/records/record-line.ts';
import { requestFor, undoCommandsIn } from './undo.ts';

const record = (remediation: string, reason: string, more: Partial<ReadRecord> = {}): ReadRecord => ({
  ...exampleRecord,
  remediation,
  reason,
  decision: 'done',
  ...more,
});
const ABOUT = { instanceId: 'i-0f3a5c7e9b1d2f4a6' };
const actionOf = (...records: ReadRecord[]) => requestFor(records, ABOUT, 'a test')?.detail.action;

it('has a quarantine and a closed exposure released', () => {
  const guard = record('quarantine-workers', 'kill-switch', { decision: 'skipped' });
  const answer = record('quarantine-workers', 'request-refused', { decision: 'refused' });
  expect(actionOf(record('quarantine-workers', 'quarantined'), guard, answer)).toBe('release');
  expect(actionOf(record('quarantine-workers', 'group-hardened', { decision: 'acted' }))).toBe('release');
});

it('has version 2 of the metadata service rejected, by its own function', () => {
  const imds = REMEDIATIONS.find(({ reasons }) => 'imdsv2-required' in reasons)?.name ?? '';
  for (const reason of ['imdsv2-required', 'imdsv2-being-required']) {
    const request = requestFor([record(imds, reason)], ABOUT, 'a test');
    expect(request?.detail).toMatchObject({ remediation: imds, action: 'reject', ...ABOUT, why: 'a test' });
  }
  expect(requestFor([record(imds, 'imdsv2-undone')], ABOUT, 'a test')).toBeUndefined();
});

it('asks for nothing where nothing is to be taken back', () => {
  const ended = [record('quarantine-workers', 'quarantined'), record('quarantine-workers', 'released')];
  expect([actionOf(), actionOf(...ended), actionOf(record('manage-ssm-agent', 'agent-verified'))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('names the command that detaches a policy, once', () => {
  const undo = 'aws iam detach-role-policy --role-name r --policy-arn p';
  const attached = record('manage-ssm-agent', 'policy-attached', { decision: 'acted', details: { undo } });
  expect(undoCommandsIn([attached, attached, record('manage-ssm-agent', 'agent-cured')])).toEqual([undo]);
});

it('has a refresh of a group rejected from its start to its end, also while it runs', () => {
  for (const reason of ['refresh-started', 'refresh-under-way', 'group-refreshed']) {
    expect(actionOf(record('refresh-groups', reason)), reason).toBe('reject');
  }
});
