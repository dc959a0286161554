import { describe, expect, it } from 'vitest';
import type { Crash } from '../sandbox/account/faults.ts';
import { incidentOf, isAboutGroup, nodeGroupOf, start, upgradeCalls } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { sampled } from './sampled.ts';

/** A release known long ago, one node group to upgrade: the whole process fits into four hours. */
const scenario = (crash?: Crash, faults: object = {}) => ({
  fleet: {
    startsAt: '2026-07-14T00:00:00Z',
    releases: ['1.33.12-20260625', '1.33.13-20260714'].map((releaseVersion, index) => ({
      at: index === 0 ? '-10d' : '-1h',
      kubernetesVersion: '1.33',
      amiType: 'AL2023_x86_64_STANDARD',
      releaseVersion,
    })),
    clusters: [
      {
        name: 'shop',
        version: '1.33',
        nodeGroups: [
          { name: 'web', desiredSize: 1, releaseVersion: '1.33.12-20260625', updates: { minutesPerNode: 3 } },
        ],
      },
    ],
  },
  policy: { upgrades: { bakeAge: '1m' } },
  inProcess: true,
  play: '4h',
  faults: { ...faults, ...(crash !== undefined && { crash }) },
});

const NAMES = ['watch-ami-releases', 'upgrade-node-groups', 'sweep-fleet'];
const undisturbed = await start(scenario());
const callsOf = (name: string) => undisturbed.calls.filter((call) => call.function === name).length;

describe.each(NAMES)('%s dies at its n-th AWS call', (name) => {
  it.each(['before', 'after'] as const)('%s the call is done: the end is the same, for every n', async (when) => {
    expect(callsOf(name)).toBeGreaterThan(5);
    const calls = Array.from({ length: callsOf(name) }, (_, index) => index + 1);
    for (const call of sampled(calls, 4)) {
      const run = await start(scenario({ function: name, call, when }));
      const where = `call ${call}`;
      expect(nodeGroupOf(run, 'shop', 'web'), where).toMatchObject({
        releaseVersion: '1.33.13-20260714',
        status: 'ACTIVE',
      });
      // Requested once, or twice with the same token, which EKS treats as once.
      expect(new Set(upgradeCalls(run).map(({ input }) => input.clientRequestToken)).size, where).toBe(1);
      expect(nodeGroupOf(run, 'shop', 'web').updates, where).toHaveLength(1);
      // A record may be written twice, but then with the same id and content.
      const outcomes = new Map(run.records.filter(isAboutGroup).map(({ id, reason }) => [id, reason]));
      expect(
        [...outcomes.values()].filter((reason) => reason === 'upgrade-started'),
        where,
      ).toHaveLength(1);
      expect(incidentOf(run, 'shop', 'web').at(-1), where).toMatch(/done/);
      expect(await slots(run), where).toEqual({});
      expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
    }
  });
});

describe('a troubled network', () => {
  it.each(sampled([1, 2, 3, 4, 5], 3))(
    'throttles, errors, lost requests and lost replies change nothing in the end (seed %i)',
    async (seed) => {
      const faults = { throttleRate: 0.05, serverErrorRate: 0.03, lostRequestRate: 0.03, lostReplyRate: 0.03 };
      const run = await start({ ...scenario(undefined, faults), seed, play: '8h' });
      expect(nodeGroupOf(run, 'shop', 'web')).toMatchObject({ releaseVersion: '1.33.13-20260714', status: 'ACTIVE' });
      expect(nodeGroupOf(run, 'shop', 'web').updates).toHaveLength(1);
      expect(run.records.filter(({ decision }) => decision === 'failed')).toEqual([]);
      expect(await slots(run)).toEqual({});
    },
  );
});

/** The holders of slots of the blast budget, from the ledger. */
async function slots({ account }: typeof undisturbed): Promise<unknown> {
  const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
  const budget = items.find(({ pk }) => pk?.S === 'budget');
  return budget?.slots?.M;
}
