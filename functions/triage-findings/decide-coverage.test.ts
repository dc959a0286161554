import { describe, expect, it } from 'vitest';
import { NEW_FINDING_STATE } from '../shared/ledger/finding-ledger.ts';
import { decideCoverage } from './decide-coverage.ts';
import { circumstances, NOW } from './observation.fixture.ts';
import type { CoverageObservation } from './observation.ts';

const unscannedFor = (...reasons: readonly string[]) =>
  new Map(reasons.map((reason, index) => [reason, [`i-${index}`]] as const));

const told = (unscanned: CoverageObservation['unscanned'], tags: Readonly<Record<string, string>> = {}) => {
  const observation: CoverageObservation = {
    topic: 'coverage',
    subject: { cluster: 'shop', nodegroup: 'web' },
    trigger: { id: 'e-1', type: 'sweep', time: NOW },
    state: NEW_FINDING_STATE,
    unscanned,
    owner: { tags },
  };
  const { outcome } = decideCoverage(observation, circumstances());
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

  it('the end is told', () => {
    expect(told(unscannedFor())).toBe('done workers-scanned');
  });
});
