import { describe, expect, it } from 'vitest';
import { offeringsFor } from './offerings.ts';

const subnets = ['eu-central-1a', 'eu-central-1b', 'eu-central-1b'].map((zone) => ({ zone, free: 9 }));
const everywhere = new Set(['eu-central-1a', 'eu-central-1b']);

describe('the offerings of a node group', () => {
  it.each<[string, string[] | undefined, Array<[string, ReadonlySet<string>]>, string[]]>([
    ['of its only type in all of its zones', ['m5.large'], [['m5.large', everywhere]], []],
    [
      'of one of its types in each zone',
      ['m5.large', 'm6i.large'],
      [
        ['m5.large', new Set(['eu-central-1a'])],
        ['m6i.large', new Set(['eu-central-1b'])],
      ],
      [],
    ],
    [
      'of nothing in one zone',
      ['m5.large', 'm6i.large'],
      [['m5.large', new Set(['eu-central-1a', 'eu-central-1c'])]],
      ['EC2 offers none of its instance types (m5.large, m6i.large) in eu-central-1b'],
    ],
    [
      'of nothing at all',
      ['m1.ancient'],
      [],
      ['EC2 offers none of its instance types (m1.ancient) in any of its zones, so no new node comes up'],
    ],
    ['nobody can tell where EKS names no types', undefined, [], []],
  ])('%s', (_what, instanceTypes, offered, warnings) => {
    const view = { desired: 2, ...(instanceTypes !== undefined && { instanceTypes }) };
    expect(offeringsFor(view, subnets, new Map(offered))).toEqual({ blockers: [], warnings });
  });

  it('are no matter without nodes, or where its subnets are not known', () => {
    expect(offeringsFor({ desired: 0, instanceTypes: ['m1.ancient'] }, subnets, new Map()).warnings).toEqual([]);
    expect(offeringsFor({ desired: 2, instanceTypes: ['m1.ancient'] }, [], new Map()).warnings).toEqual([]);
  });
});
