import { describe, expect, it } from 'vitest';
import { NEW_FINDING_STATE } from '../shared/ledger/finding-ledger.ts';
import type { Claim } from './batch.ts';
import { groupClaims, isCovered, narrow } from './narrow.ts';
import { NOW, need, policyOf } from './observation.fixture.ts';
import type { FoundWorker } from './observe-instances.ts';

const MINUTE = 60_000;
const { findings } = policyOf();

const claim = (change: Partial<Claim> = {}): Claim => ({
  findingArn: 'arn:aws:inspector2:eu-central-1:111122223333:finding/0a',
  instanceId: 'i-0a',
  severity: 'CRITICAL',
  exploitAvailable: false,
  epss: 0,
  isOpen: true,
  hasNoFix: false,
  trigger: { id: 'e-1', type: 'Inspector2 Finding', time: NOW, redelivered: false },
  ...change,
});
const exploited = { exploitAvailable: true };

const worker = (instanceId: string, nodegroup: string): [string, FoundWorker] => [
  instanceId,
  { instanceId, imageId: 'ami-0a', launchedAt: 0, ownership: 'managed', key: { cluster: 'shop', nodegroup } },
];

describe('narrow', () => {
  it.each([
    ['grave and fixable', {}, { worthwhile: 1, belowFloor: 0, withoutFix: 0 }],
    ['below the floor', { severity: 'MEDIUM' }, { worthwhile: 0, belowFloor: 1, withoutFix: 0 }],
    ['of a severity that nobody knows', { severity: 'UNTRIAGED' }, { worthwhile: 0, belowFloor: 1, withoutFix: 0 }],
    ['without a fix', { hasNoFix: true }, { worthwhile: 0, belowFloor: 0, withoutFix: 1 }],
    ['without a fix, but closed', { hasNoFix: true, isOpen: false }, { worthwhile: 1, belowFloor: 0, withoutFix: 0 }],
  ])('counts a finding that is %s', (_what, change, expected) => {
    const { worthwhile, ...counts } = narrow([claim(change)], findings);
    expect({ worthwhile: worthwhile.length, ...counts }).toEqual(expected);
  });
});

describe('groupClaims', () => {
  it('gives each node group its claims, and the workers of the urgent ones first', () => {
    const workers = new Map([worker('i-0a', 'web'), worker('i-0b', 'web'), worker('i-0c', 'batch')]);
    const claims = [
      claim(),
      claim({ instanceId: 'i-0b', ...exploited }),
      claim({ instanceId: 'i-0c' }),
      claim({ instanceId: 'i-0d' }),
    ];
    expect(
      groupClaims(claims, workers, () => findings).map(({ key, claimed, instanceIds }) => [
        key.nodegroup,
        claimed,
        instanceIds,
      ]),
    ).toEqual([
      ['web', 'urgent', ['i-0b', 'i-0a']],
      ['batch', 'normal', ['i-0c']],
    ]);
  });

  it.each([
    ['an exploit', { exploitAvailable: true }, 'urgent'],
    ['a high EPSS score', { epss: 0.5 }, 'urgent'],
    ['neither', {}, 'normal'],
    ['both, but a lower severity', { exploitAvailable: true, epss: 0.9, severity: 'HIGH' }, 'normal'],
    ['an exploit, but closed', { exploitAvailable: true, isOpen: false }, undefined],
  ])('with %s, a finding is %s', (_what, change, expected) => {
    const [group] = groupClaims([claim(change)], new Map([worker('i-0a', 'web')]), () => findings);
    expect(group?.claimed).toBe(expected);
  });
});

describe('isCovered', () => {
  const told = (...changes: Array<Partial<Claim>>) => {
    const [group] = groupClaims(changes.map(claim), new Map([worker('i-0a', 'web')]), () => findings);
    if (group === undefined) throw new Error('no claims');
    return group;
  };
  const [recently, earlier] = [NOW - MINUTE, NOW - 30 * MINUTE];

  it.each([
    ['of a group of which nothing is known', told({}), {}, false],
    ['no graver than what is known', told({}), { verifiedAt: earlier, need: need() }, true],
    ['graver than what is known', told(exploited), { verifiedAt: earlier, need: need({ urgency: 'normal' }) }, false],
    ['that Inspector did not confirm a moment ago', told(exploited), { verifiedAt: recently, claimed: 'urgent' }, true],
    [
      'that Inspector did not confirm some time ago',
      told(exploited),
      { verifiedAt: earlier, claimed: 'urgent' },
      false,
    ],
    ['graver than what Inspector was asked about', told(exploited), { verifiedAt: recently, claimed: 'normal' }, false],
    ['of the end of what is remembered', told({ isOpen: false }), { verifiedAt: earlier, need: need() }, false],
    ['of such an end, again', told({ isOpen: false }), { verifiedAt: recently, need: need() }, true],
    ['of the end of what nobody remembers', told({ isOpen: false }), {}, true],
  ] as const)('a finding %s: %s', (_what, group, state, expected) => {
    expect(isCovered(group, { ...NEW_FINDING_STATE, ...state }, NOW)).toBe(expected);
  });

  it('nothing is covered by a decision that may not have been carried out', () => {
    const state = { ...NEW_FINDING_STATE, verifiedAt: recently, need: need(), pending: {} };
    const [again] = [told({ trigger: { ...claim().trigger, redelivered: true } })];
    expect(isCovered(told({}), state, NOW)).toBe(true);
    expect(isCovered(again, state, NOW)).toBe(false);
  });
});
