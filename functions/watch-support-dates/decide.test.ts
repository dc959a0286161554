import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import type { Observation } from './observe.ts';
import { decidePlanned } from './planned.ts';

const DAY = 86_400_000;
const ENDS = Date.parse('2026-07-29T00:00:00Z');
const EXTENDED_ENDS = Date.parse('2027-07-29T00:00:00Z');
const POLICY = { killSwitch: false, scope: {} };

const observation = (
  supportType: 'STANDARD' | 'EXTENDED' | undefined,
  others: Partial<Observation> = {},
): Observation => ({
  cluster: { name: 'shop', version: '1.33', ...(supportType !== undefined && { upgradePolicy: { supportType } }) },
  dates: { standardEndsAt: ENDS, extendedEndsAt: EXTENDED_ENDS },
  ...others,
});
const at = (now: number, observed = observation('EXTENDED'), policy: object = POLICY) => {
  const { decision, reason, message } = decide(observed, {
    policy: { ...POLICY, ...policy },
    account: '111122223333',
    now,
  });
  return [decision, reason, message].join(' | ');
};

describe('the support of a Kubernetes version', () => {
  it.each([
    ['far from its end', ENDS - 61 * DAY, 'EXTENDED', /^done \| support-lasts/],
    [
      '60 days before its end',
      ENDS - 60 * DAY,
      'EXTENDED',
      /^refused \| support-ends .*ends on 2026-07-29\. From then on AWS charges more/,
    ],
    ['60 days before its end', ENDS - 60 * DAY, 'STANDARD', /EKS then upgrades the control plane by itself/],
    ['60 days before its end', ENDS - 60 * DAY, undefined, /From then on AWS charges more/],
    ['at its end', ENDS, 'STANDARD', /^refused \| support-ended .*ended on 2026-07-29/],
    ['at the end of standard support', ENDS, 'EXTENDED', /^refused \| extended-support/],
    [
      '14 days before the end of extended support',
      EXTENDED_ENDS - 14 * DAY,
      'EXTENDED',
      /^refused \| support-ends-soon \| Extended support/,
    ],
    [
      'after the end of extended support',
      EXTENDED_ENDS + DAY,
      'EXTENDED',
      /^refused \| support-ended .*ended on 2027-07-29/,
    ],
  ] as const)('%s, of a cluster set to %3$s', (_what, now, supportType, told) => {
    expect(at(now, observation(supportType))).toMatch(told);
  });

  it('that EKS does not list is said as doubt', () => {
    const { cluster } = observation('EXTENDED');
    expect(at(ENDS, { cluster })).toMatch(/^refused \| support-unknown/);
    expect(at(ENDS, { cluster, dates: { standardEndsAt: ENDS } })).toMatch(/^refused \| support-unknown/);
  });

  it('is told again where the cluster is set to another support type: EKS then does something else', () => {
    const variantOf = (supportType: 'STANDARD' | 'EXTENDED') =>
      decide(observation(supportType), { policy: POLICY, account: '1', now: ENDS - DAY }).variant;
    expect(variantOf('STANDARD')).not.toBe(variantOf('EXTENDED'));
  });

  it('is told again each month, for as long as it lasts', () => {
    const days = Array.from({ length: 300 }, (_, day) => ENDS + day * DAY);
    const told = days.map((now) => decide(observation('EXTENDED'), { policy: POLICY, account: '1', now }).variant);
    const since = told.map((variant) => told.indexOf(variant));
    expect(Math.max(...since.map((first, day) => day - first))).toBeLessThan(30);
  });

  it.each([
    ['STANDARD', ENDS],
    ['EXTENDED', EXTENDED_ENDS],
  ] as const)('that has ended with %s support is told again each month, and on no day between', (supportType, end) => {
    const variantAfter = (ms: number) =>
      decide(observation(supportType), { policy: POLICY, account: '1', now: end + ms }).variant;
    expect(variantAfter(1)).toBe(variantAfter(0));
    expect(variantAfter(29 * DAY - 1)).toBe(variantAfter(0));
    expect(variantAfter(29 * DAY)).not.toBe(variantAfter(0));
  });

  it('is not told of where a tag or the scope leaves the cluster alone', () => {
    const { cluster, ...others } = observation('EXTENDED');
    const tagged = { ...others, cluster: { ...cluster, tags: { 'eks-host-remediator:ignore': '' } } };
    expect(at(ENDS, tagged)).toMatch(/^done/);
    expect(at(ENDS, observation('EXTENDED'), { scope: { clusters: ['prod-*'] } })).toMatch(/^done/);
  });

  it('is told of a few times only, whatever the days on which one looks, and never in the wrong order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 500 }), { minLength: 1, maxLength: 40 }), (days) => {
        const told = days
          .toSorted((a, b) => a - b)
          .map((day) => decide(observation('EXTENDED'), { policy: POLICY, account: '1', now: ENDS + day * DAY }))
          .map(({ reason, variant }) => `${reason} ${variant}`);
        const stages = told.filter((each, index) => each !== told[index - 1]);
        expect(new Set(stages).size).toBe(stages.length);
        expect(stages.length).toBeLessThanOrEqual(26);
      }),
    );
  });
});

describe('a plan of AWS Health', () => {
  const plan = {
    service: 'EKS',
    eventTypeCategory: 'scheduledChange',
    eventArn: 'arn:aws:health:eu-central-1::event/EKS/A/B',
    eventTypeCode: 'AWS_EKS_PLANNED_LIFECYCLE_EVENT',
    affectedEntities: [{ entityValue: 'arn:shop' }, { entityValue: 'arn:elsewhere' }],
  } as const;
  const here = new Map([
    ['shop', 'arn:shop'],
    ['web', 'arn:web'],
  ]);

  it('is about the clusters that are here, and says that it does not know a date that is not given', () => {
    const byCluster = decidePlanned({ ...plan, affectedEntities: [...plan.affectedEntities] }, here);
    expect([...byCluster.keys()]).toEqual(['shop']);
    expect(byCluster.get('shop')?.message).toMatch(/does not say when it begins\.$/);
  });

  it.each([{ statusCode: 'closed' } as const, { affectedEntities: [{ entityValue: 'arn:shop', status: 'RESOLVED' }] }])(
    'is over where Health says so: %j',
    (over) => {
      const byCluster = decidePlanned({ ...plan, affectedEntities: [...plan.affectedEntities], ...over }, here);
      expect(byCluster.get('shop')).toMatchObject({ decision: 'done', reason: 'change-over' });
    },
  );
});
