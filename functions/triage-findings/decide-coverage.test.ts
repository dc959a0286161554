import { describe, expect, it } from 'vitest';
import { NEW_FINDING_STATE } from '../shared/ledger/finding-ledger.ts';
import { decideCoverage } from './decide-coverage.ts';
import { circumstances, NOW } from './observation.fixture.ts';
import type { CoverageObservation } from './observation.ts';

const unscannedFor = (...reasons: readonly string[]) =>
  new Map(reasons.map((reason, index) => [reason, [`i-${index}`]] as const));

const decided = (
  unscanned: CoverageObservation['unscanned'],
  tags: Readonly<Record<string, string>> = {},
  more: Partial<CoverageObservation> = {},
  around = circumstances(),
) => {
  const observation: CoverageObservation = {
    topic: 'coverage',
    subject: { cluster: 'shop', nodegroup: 'web' },
    trigger: { id: 'e-1', type: 'sweep', time: NOW },
    state: NEW_FINDING_STATE,
    unscanned,
    owner: { tags },
    ...more,
  };
  return decideCoverage(observation, around).outcome;
};

const told = (...about: Parameters<typeof decided>) => {
  const outcome = decided(...about);
  return `${outcome?.decision} ${outcome?.reason}`;
};

describe('of workers that Inspector does not scan', () => {
  it.each([
    ['that it cannot scan', ['UNSUPPORTED_OS'], 'refused'],
    ['for a reason that nobody knows', ['SOMETHING_NEW'], 'refused'],
    ['that somebody left out, and others', ['EXCLUDED_BY_TAG', 'STALE_INVENTORY'], 'refused'],
    ['that somebody left out', ['EXCLUDED_BY_TAG'], 'skipped'],
    ['whose agent is told of elsewhere', ['UNMANAGED_EC2_INSTANCE'], 'skipped'],
  ])('people are told or not: %s', (_, reasons, decision) => {
    expect(told(unscannedFor(...reasons))).toBe(`${decision} workers-not-scanned`);
    // Whoever opted out is left alone.
    const optedOut = { 'eks-host-remediator:ignore': '' };
    expect(told(unscannedFor(...reasons), optedOut)).toBe('skipped workers-not-scanned');
  });

  it('another worker is news, unless what its group runs is the reason', () => {
    const variantOf = (reason: string, ...ids: string[]) => decided(new Map([[reason, ids]]))?.variant;
    expect(variantOf('STALE_INVENTORY', 'i-1', 'i-2')).not.toBe(variantOf('STALE_INVENTORY', 'i-1'));
    expect(variantOf('UNSUPPORTED_OS', 'i-1', 'i-2')).toBe(variantOf('UNSUPPORTED_OS', 'i-3'));
  });

  it('the end is told', () => {
    expect(told(unscannedFor())).toBe('done workers-scanned');
  });

  const LEFT_OUT = unscannedFor('UNSUPPORTED_OS');
  const open = { state: { ...NEW_FINDING_STATE, open: true as const } };

  it('nobody is told where an override switches findings off, by name or by tag', () => {
    const off = (match: object) =>
      circumstances({ overrides: [{ name: 'off', match, findings: { mode: 'off' } }] } as never);
    expect(told(LEFT_OUT, {}, {}, off({ clusters: ['shop'] }))).toBe('skipped workers-not-scanned');
    expect(told(LEFT_OUT, { team: 'b' }, {}, off({ tags: { team: 'b' } }))).toBe('skipped workers-not-scanned');
    expect(told(LEFT_OUT, { team: 'a' }, {}, off({ tags: { team: 'b' } }))).toBe('refused workers-not-scanned');
  });

  it('nobody is told, and nothing ends, while its owner cannot be read', () => {
    const unread = { owner: { tags: {}, unreadable: 'ServerException: busy' } };
    expect(told(LEFT_OUT, {}, unread)).toBe('skipped workers-not-scanned');
    expect(told(LEFT_OUT, {}, { ...unread, ...open })).toBe('refused workers-not-scanned');
  });

  it('what was told ends once Inspector is off, unless the policy has it switched on again', () => {
    const off = { ...open, isOff: true as const };
    expect(told(unscannedFor(), {}, off)).toBe('skipped inspector-off');
    const enabling = circumstances({ findings: { enableInspector: 'enforce' } } as never);
    expect(told(unscannedFor(), {}, off, enabling)).toBe('undefined undefined');
  });

  it('what was told ends once the scope leaves the cluster out, and of others nothing is recorded', () => {
    const without = circumstances({ scope: { clusters: ['other'] } } as never);
    expect(told(LEFT_OUT, {}, open, without)).toBe('skipped out-of-scope');
    expect(told(LEFT_OUT, {}, {}, without)).toBe('undefined undefined');
  });
});
