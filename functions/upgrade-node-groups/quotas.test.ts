import { describe, expect, it } from 'vitest';
import { classOf, quotasFor } from './quotas.ts';

it.each([
  ['m5.large', 'ON_DEMAND', 'Standard/OnDemand'],
  ['im4gn.large', 'SPOT', 'Standard/Spot'],
  ['g5.xlarge', 'ON_DEMAND', 'G/OnDemand'],
  ['vt1.3xlarge', 'ON_DEMAND', 'G/OnDemand'],
  ['inf2.xlarge', 'SPOT', 'Inf/Spot'],
  ['x2idn.16xlarge', 'ON_DEMAND', 'X/OnDemand'],
  // Of these nobody knows the name of the metric, or what is bought.
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
  const blocks = (view: Parameters<typeof quotasFor>[0], quotas: Parameters<typeof quotasFor>[1]) =>
    quotasFor(view, quotas).blockers.map(({ why }) => why);

  it('blocks where it has no room for the nodes that EKS launches first', () => {
    expect(blocks(group, known(56))).toEqual([]);
    expect(blocks(group, known(57))).toEqual([
      "EC2's quota is full (Standard/OnDemand has 57 of 64 vCPUs in use), and EKS launches at least 2 nodes of m5.xlarge before it removes old nodes",
    ]);
    expect(quotasFor(group, known(57)).blockers).toMatchObject([{ kind: 'quota', which: 'quota Standard/OnDemand' }]);
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
  ])('keeps no group from starting %s', (_what, more) => {
    expect(blocks({ ...group, ...more }, known(61))).toEqual([]);
  });

  it('counts no more nodes than the group has', () => {
    expect(blocks({ ...group, desired: 1, atATime: 5 }, known(60))).toEqual([]);
  });

  it('says nothing where nothing is known', () => {
    expect(blocks(group, { vcpusOf, ofClass: new Map() })).toEqual([]);
    expect(blocks(group, { ...known(64), vcpusOf: new Map() })).toEqual([]);
  });
});
