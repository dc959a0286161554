import { describe, expect, it } from 'vitest';
import { faultOf } from '../../sandbox/account/security-hub/format.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { findingOf, findingSubject, followFinding, type Verdict } from './finding.ts';
import { recordAt } from './record.fixture.ts';
import { NO_FINDING } from './security-hub-ledger.ts';

const REPORTER = { stack: 'eks-host-remediator', partition: 'aws' };
const worker = { instance: 'i-0f3a5c7e9b1d2f4a6', remediation: 'manage-ssm-agent' } as const;
const silent = (minute: number, reason = 'no-network-path'): ReadRecord =>
  recordAt(minute, 'failed', { ...worker, reason, message: 'x'.repeat(2_000), hint: 'Add the route.' });
const cured = (minute: number): ReadRecord => recordAt(minute, 'done', { ...worker, reason: 'agent-verified' });

const verdictsOn = (...records: ReadRecord[]): string[] =>
  followFinding(NO_FINDING, records).verdicts.map(({ open, status }) => `${open.reason} ${status}`);

describe('a finding', () => {
  it('is told when something fails or is refused, and when it is cured', () => {
    expect(verdictsOn(silent(1), recordAt(2, 'waiting', worker), cured(3))).toEqual([
      'no-network-path failed',
      'no-network-path cured',
    ]);
  });

  it('has no half of a character, wherever its texts are cut', () => {
    for (const length of [0, 1]) {
      const text = `${'x'.repeat(length)}${'😀'.repeat(2_000)}`;
      const { verdicts } = followFinding(NO_FINDING, [recordAt(1, 'failed', { ...worker, message: text, hint: text })]);
      const { Description = '', Remediation } = findingOf(verdicts[0]!, REPORTER);
      expect([Description, Remediation?.Recommendation?.Text ?? ''].every((each) => each.isWellFormed())).toBe(true);
    }
  });

  it('is not told again while it stays the same', () => {
    expect(verdictsOn(silent(1), silent(2))).toEqual(['no-network-path failed']);
  });

  it('gives way to another cause, and is moot when the worker is to be left alone', () => {
    const optedOut = recordAt(3, 'skipped', { ...worker, reason: 'opted-out' });
    expect(verdictsOn(silent(1), silent(2, 'agent-missing'), optedOut)).toEqual([
      'no-network-path failed',
      'no-network-path moot',
      'agent-missing failed',
      'agent-missing moot',
    ]);
  });

  it('is not changed by records that come again or late', () => {
    const { state } = followFinding(NO_FINDING, [silent(1), cured(3)]);
    expect(followFinding(state, [silent(1), silent(2, 'agent-missing'), cured(3)]).verdicts).toEqual([]);
  });

  it('is one for each check of a group, where a function judges by several', () => {
    const posture = (minute: number, decision: 'refused' | 'skipped' | 'done', reason: string, check: string) =>
      recordAt(minute, decision, { remediation: 'check-posture', reason, details: { check } });
    const records = [
      posture(1, 'refused', 'posture-failed', '3.2.1'),
      posture(2, 'refused', 'posture-failed', '3.2.4'),
      posture(3, 'done', 'posture-passed', '3.2.1'),
      posture(4, 'skipped', 'posture-waived', '3.2.4'),
    ];
    const told = [...Map.groupBy(records, findingSubject).values()].flatMap((ours) =>
      followFinding(NO_FINDING, ours).verdicts.map((verdict) => {
        const { Id = '', Compliance, RecordState, Title } = findingOf(verdict, REPORTER);
        return [Id.split('/').slice(-2).join('/'), Title, Compliance?.Status, RecordState].join(' ');
      }),
    );
    expect(told).toEqual([
      'posture-failed/3.2.1 posture-failed 3.2.1: shop/web FAILED ACTIVE',
      'posture-failed/3.2.1 posture-failed 3.2.1: shop/web PASSED ARCHIVED',
      'posture-failed/3.2.4 posture-failed 3.2.4: shop/web FAILED ACTIVE',
      'posture-failed/3.2.4 posture-failed 3.2.4: shop/web NOT_AVAILABLE ARCHIVED',
    ]);
  });

  it('goes by function and subject; what is about no host has none', () => {
    expect(findingSubject(silent(1))).toBe('manage-ssm-agent/shop/web/i-0f3a5c7e9b1d2f4a6');
    const { cluster: _, ...aboutNothing } = silent(1);
    expect(findingSubject(aboutNothing)).toBeUndefined();
    expect(findingSubject(silent(1, 'policy-invalid'))).toBeUndefined();
  });
});

describe('in the format of Security Hub', () => {
  const verdicts = followFinding(NO_FINDING, [silent(1), cured(3)]).verdicts;
  const [open, closed] = verdicts.map((verdict) => findingOf(verdict, REPORTER));

  it('has one id from the beginning to the cure', () => {
    expect(open?.Id).toBe(
      'eks-host-remediator/eu-central-1/111122223333/manage-ssm-agent/shop/web/i-0f3a5c7e9b1d2f4a6/no-network-path',
    );
    expect(closed?.Id).toBe(open?.Id);
    expect(open).toMatchObject({
      Compliance: { Status: 'FAILED' },
      RecordState: 'ACTIVE',
      Severity: { Label: 'HIGH' },
    });
    expect(closed).toMatchObject({ Compliance: { Status: 'PASSED' }, RecordState: 'ARCHIVED' });
    expect([open?.CreatedAt, closed?.CreatedAt, closed?.UpdatedAt]).toEqual([
      silent(1).time,
      silent(1).time,
      cured(3).time,
    ]);
  });

  it('names the worker, or else the cluster, as the resource', () => {
    const { instance: _, ...aboutGroup } = silent(1);
    const [group] = followFinding(NO_FINDING, [aboutGroup]).verdicts.map((verdict) => findingOf(verdict, REPORTER));
    expect([open?.Resources?.[0]?.Id, group?.Resources?.[0]?.Id]).toEqual([
      'arn:aws:ec2:eu-central-1:111122223333:instance/i-0f3a5c7e9b1d2f4a6',
      'arn:aws:eks:eu-central-1:111122223333:cluster/shop',
    ]);
  });

  it.each(verdicts)('is taken: $status', (verdict: Verdict) => {
    const finding = findingOf(verdict, REPORTER);
    expect(faultOf(finding, { accountId: '111122223333', productArn: finding.ProductArn ?? '' })).toBeUndefined();
  });
});
