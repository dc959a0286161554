import { describe, expect, it } from 'vitest';
import { classOf, quotasFor } from './quotas.ts';

it.each([
  ['m5.large', 'ON_DEMAND', 'Standard/OnDemand'],
  ['im4gn.large', 'SPOT', 'Standard/Spot'],
  ['g5.xlarge', 'ON_DEMAND', 'G/OnDemand'],
  ['vt1.3xlarge', 'ON_DEMAND', 'G/OnDemand'],
  ['inf2.xlarge', 'SPOT', 'Inf/Spot'],
  ['x2idn.16xlarge', 'ON_DEMAND', 'X/OnDemand'],
  // Nobody knows the name of the metric, or what is bought, for the types below.
  ['trn1.2xlarge', 'ON_DEMAND', undefined],
  ['u-6tb1.metal', 'ON_DEMAND', undefined],
  ['m5.large', 'CAPACITY_BLOCK', undefined],
])('%s, %s: %s', (type, capacityType, expected) => {
  expect(classOf(type, capacityType)).toBe(expected);
});

describe('the quota of vCPUs', () => {
  const group = { desired: 6, atATime: 2, instanceTypes: ['m5.xlarge'] };
  const vcpusOf = new Map([
    ['m5.xlarge', 4],
    ['m5.large', 2],
    ['g5.xlarge', 4],
  ]);
  const known = (used: number, limit = 64) => ({ vcpusOf, ofClass: new Map([['Standard/OnDemand', { used, limit }]]) });
  const warnings = (view: Parameters<typeof quotasFor>[0], quotas: Parameters<typeof quotasFor>[1]) =>
    quotasFor(view, quotas).warnings;

  it('is told where it has no room for the nodes that EKS launches first', () => {
    expect(warnings(group, known(56))).toEqual([]);
    expect(warnings(group, known(57))).toEqual([
      "EC2's quota may be too small (Standard/OnDemand has 7 of 64 vCPUs free): EKS launches at least 2 nodes of m5.xlarge before it removes old nodes",
    ]);
    // Usage lags, and an unused capacity reservation counts as used: nothing is sure.
    expect(quotasFor(group, known(57)).blockers).toEqual([]);
  });

  it.each([
    ['that has no nodes', { desired: 0 }],
    ['whose old nodes go first', { launchesFirst: false }],
    ['whose launch template has its types', { instanceTypes: [] }],
    ['that may launch a smaller type', { atATime: 1, instanceTypes: ['m5.xlarge', 'm5.large'] }],
    ['that may launch a type of another quota', { instanceTypes: ['m5.xlarge', 'g5.xlarge'] }],
    ['with a type that EC2 does not know', { instanceTypes: ['m5.xlarge', 'm99.large'] }],
    ['on Spot, which counts towards another quota', { capacityType: 'SPOT' }],
    ['of which no quota is known', { instanceTypes: ['trn1.2xlarge'] }],
  ])('says nothing of a group %s', (_what, more) => {
    expect(warnings({ ...group, ...more }, known(61))).toEqual([]);
  });

  it('is told of as unknown where CloudWatch could not tell', () => {
    const unread = { vcpusOf, ofClass: new Map([['Standard/OnDemand', { unread: 'Forbidden' }]]) };
    expect(warnings(group, unread)).toEqual(["EC2's quota of Standard/OnDemand could not be read (Forbidden)"]);
  });

  it('adds up what several classes have room for', () => {
    const both = new Map([
      ['Standard/OnDemand', { used: 60, limit: 64 }],
      ['G/OnDemand', { used: 4, limit: 8 }],
    ]);
    const mixed = { ...group, instanceTypes: ['m5.xlarge', 'g5.xlarge'] };
    expect(warnings(mixed, { vcpusOf, ofClass: both })).toEqual([]);
    expect(warnings({ ...mixed, atATime: 3 }, { vcpusOf, ofClass: both })).toHaveLength(1);
  });

  it('counts no more nodes than the group has', () => {
    expect(warnings({ ...group, desired: 1, atATime: 5 }, known(60))).toEqual([]);
  });

  it('says nothing where nothing is known', () => {
    expect(warnings(group, { vcpusOf, ofClass: new Map() })).toEqual([]);
    expect(warnings(group, { ...known(64), vcpusOf: new Map() })).toEqual([]);
  });
});
