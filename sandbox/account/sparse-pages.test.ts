import { describe, expect, it } from 'vitest';
import { testAccount } from '../fleet/test-account.ts';
import type { Operation } from './service.ts';

const fleet = {
  eventualConsistency: true,
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [{ name: 'web', desiredSize: 3, releaseVersion: '1.33.12-20260625' }],
    },
  ],
};

/** The pages of a list, as a caller gets them that goes on while there is a token. */
async function pages(caller: string, service: string, operation: string, input: object, seed: number) {
  const known = testAccount(fleet, seed).service(service).operations[operation] as Operation<
    object,
    Readonly<Record<string, unknown>>
  >;
  const found: Array<Readonly<Record<string, unknown>>> = [];
  for (let token: unknown; ; ) {
    const asked = { ...input, ...(token !== undefined && { NextToken: token }) };
    const page = await known.run(asked, { caller: { function: caller }, requestId: 'request' });
    found.push(page);
    token = page.NextToken;
    if (token === undefined) return found;
  }
}

const FILTERS = { Filters: [{ Name: 'tag:eks:nodegroup-name', Values: ['web'] }] };
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

describe('lists in an account with sparse pages', () => {
  it.each([
    ['ec2', 'DescribeInstances', FILTERS, 'Reservations'],
    ['ssm', 'DescribeInstanceInformation', {}, 'InstanceInformationList'],
    ['autoscaling', 'DescribeAutoScalingGroups', FILTERS, 'AutoScalingGroups'],
  ])(
    'of %s %s begin with an empty page now and then, and are complete after it',
    async (service, operation, input, list) => {
      const lengths = await Promise.all(
        SEEDS.map(async (seed) =>
          (await pages('watch-hosts', service, operation, input, seed)).map((page) => (page[list] as object[]).length),
        ),
      );
      const sums = new Set(lengths.map((each) => each.reduce((sum, length) => sum + length, 0)));
      expect([...sums]).toEqual([expect.toSatisfy((sum: number) => sum > 0)]);
      expect(lengths.some(([first]) => first === 0)).toBe(true);
      expect(lengths.some(([first]) => first !== 0)).toBe(true);
    },
  );

  it('begin with items where EC2 has nothing to leave out, and for operators', async () => {
    const whole = await Promise.all([
      ...SEEDS.map((seed) => pages('watch-hosts', 'ec2', 'DescribeInstances', {}, seed)),
      ...SEEDS.map((seed) => pages('operator', 'ec2', 'DescribeInstances', FILTERS, seed)),
    ]);
    expect(new Set(whole.map(({ length }) => length))).toEqual(new Set([1]));
  });
});
