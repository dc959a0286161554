import { expect, it } from 'vitest';
import { BUDGETS } from '../../../bench/budgets.ts';
import { sample as amiRelease } from '../../../events/eks-ami-release.ts';
import { policyOf } from '../policy.fixture.ts';
import { reconcile } from '../reconcile.ts';
import { sqsRecord } from '../sqs-record.fixture.ts';
import { InstantAccount, PAIR, RELEASE } from './instant-account.fixture.ts';

const CLUSTERS = 100;
const GROUPS_PER_CLUSTER = 20;
const GROUPS = CLUSTERS * GROUPS_PER_CLUSTER;
/**
 * Pages of EKS's lists, of Auto Scaling groups, of instances' AMIs, and of the ledger: by its keys, and all of it for
 * the waves.
 */
const PAGES = 1 + CLUSTERS + GROUPS / 100 + (2 * GROUPS) / 1000 + GROUPS / 100 + GROUPS / 1000;

const message = sqsRecord({ ...amiRelease, detail: { ...amiRelease.detail, ...PAIR, releaseVersion: RELEASE } });

const upgrades = {
  windows: [{ cron: '0 3 * * *', duration: '2h', timeZone: 'Europe/Berlin' }],
  concurrency: { perAccount: 20 },
};
const overrides = [
  { name: 'canary', match: { clusters: ['c00*'] }, upgrades: { wave: 'canary' } },
  { name: 'stage', match: { clusters: ['c01*', 'c02*'] }, upgrades: { wave: 'stage' } },
  { name: 'careful', match: { tags: { team: '*' } }, upgrades: { bakeAge: '48h' } },
];

it.each([
  ['with waves and overrides', { upgrades: { ...upgrades, waves: ['canary', 'stage', 'prod'] }, overrides }],
  ['without', { upgrades }],
])('a look at 2,000 groups in 100 clusters keeps to its calls and its CPU: %s', async (_, document) => {
  const account = new InstantAccount(CLUSTERS, GROUPS_PER_CLUSTER);
  const policy = policyOf(document);
  const look = async () => {
    account.calls.clear();
    const before = process.threadCpuUsage();
    await reconcile(account.deps(policy), [message]);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  // The look records what each group waits for, and remembers the record: that costs two writes a group.
  const first = await look();
  expect(account.calls.get('Put')).toBe(2 * GROUPS);
  const next = [await look(), await look(), await look()];
  const calls = [...account.calls.values()].reduce((sum, count) => sum + count, 0);
  expect(account.calls.get('Put')).toBeUndefined();
  expect(account.calls.get('DescribeCluster')).toBe(CLUSTERS);
  expect(account.calls.get('DescribeNodegroup')).toBe(GROUPS);
  expect(calls - CLUSTERS - GROUPS - PAGES).toBeLessThanOrEqual(BUDGETS.look.callsBeside);
  expect(Math.min(first, ...next)).toBeLessThan(BUDGETS.look.cpuMs);
});

it('a look that starts 50 upgrades costs a few calls more for each, one for each cluster, and none for all others', async () => {
  const account = new InstantAccount(CLUSTERS, GROUPS_PER_CLUSTER);
  const look = async (perAccount: number) => {
    account.calls.clear();
    const concurrency = { perCluster: GROUPS_PER_CLUSTER, perAccount };
    await reconcile(account.deps(policyOf({ upgrades: { concurrency } })), [message]);
  };
  // One upgrade is under way then, and all other groups have said that they wait for room.
  await look(1);
  await look(51);
  expect(account.calls.get('UpdateNodegroupVersion')).toBe(50);
  expect(account.calls.get('DescribeNodegroup')).toBe(GROUPS);
  const calls = [...account.calls.values()].reduce((sum, count) => sum + count, 0);
  const clustersOfStarts = Math.ceil(51 / GROUPS_PER_CLUSTER);
  /**
   * Calls of the whole look: two take and settle the slots, one follows the upgrade under way, and two read what is
   * remembered of self-managed groups and of node classes.
   */
  const atOnce = 5;
  expect(
    calls - CLUSTERS - GROUPS - PAGES - 50 * BUDGETS.look.callsPerStart - clustersOfStarts - atOnce,
  ).toBeLessThanOrEqual(BUDGETS.look.callsBeside);
});
