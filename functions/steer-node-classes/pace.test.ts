import { describe, expect, it } from 'vitest';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import { decide } from './decide.ts';
import { circumstances, classView, HOUR, NOW, observationOf, PAIR, policyWith } from './observation.fixture.ts';

const need: Need = {
  urgency: 'urgent',
  severity: 'CRITICAL',
  vulnerabilities: ['CVE-2026-31415'],
  releaseVersion: 'ami-1',
  verifiedAt: NOW,
};
const offer = {
  kind: 'offered' as const,
  versions: [{ version: 'v20260701', since: NOW - 3 * HOUR, isPublished: true }],
  pairs: { [PAIR]: { releases: { v20260701: '1.33.13-20260701' }, withdrawn: [] } },
};
const decideBy = (given: Need | undefined, nodeClasses: object = {}, others: object = {}) =>
  decide(
    observationOf(classView({ offer }), given && { need: given }),
    circumstances('enforce', { policy: policyWith(nodeClasses, others) }),
  );

describe('urgent findings on nodes of a class', () => {
  it.each([
    ['shorten the bake', need, {}, {}, 'node-class-being-pinned'],
    ['are not there', undefined, {}, {}, 'node-class-current'],
    ['are not urgent', { ...need, urgency: 'normal' as const }, {}, {}, 'node-class-current'],
    ['are old', { ...need, verifiedAt: NOW - 26 * HOUR }, {}, {}, 'node-class-current'],
    ['hasten nothing where the policy says so', need, {}, { findings: { mode: 'observe' } }, 'node-class-current'],
    ['shorten it as the policy says', need, { urgent: { bakeAge: '4h' } }, {}, 'node-class-current'],
    ['never lengthen it', need, { bakeAge: '1h', urgent: { bakeAge: '5h' } }, {}, 'node-class-being-pinned'],
    ['pass no window', need, { windows: [{ cron: '0 3 * * *', duration: '1h' }] }, {}, 'node-class-outside-window'],
    ['pin nothing in mode observe', need, { mode: 'observe' }, {}, 'would-pin-node-class'],
  ])('%s', (_what, given, nodeClasses, others, expected) => {
    expect(decideBy(given, nodeClasses, others).reason).toBe(expected);
  });

  it('are named by the record of the pin', () => {
    expect(decideBy(need).message).toContain('to al2023@v20260701, for CVE-2026-31415 (CRITICAL).');
  });
});
