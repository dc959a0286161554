import { expect, it } from 'vitest';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { isAboutGroup, MINUTE, start } from './harness.ts';

const READS = /^(List|Describe|Get|BatchGet|Query|Scan)/;

it('one reconcile of the planner at 1,000 node groups in 100 clusters costs clusters + groups + pages and little more', async () => {
  const detail = { ...amiRelease.detail, kubernetesVersion: '1.34', releaseVersion: '1.34.9-20260625' };
  const run = await start({
    fleet: 'thousand-groups',
    events: [{ after: 2 * MINUTE, event: { ...amiRelease, detail } }],
    play: '1m',
  });
  const heapBefore = heap();
  await run.account.play(4 * MINUTE);
  const calls = run.calls.filter((call) => call.function === 'upgrade-node-groups');
  const reads = calls.filter(({ operation }) => READS.test(operation));
  const count = (operation: string) => reads.filter((call) => call.operation === operation).length;

  expect(count('DescribeNodegroup')).toBe(1000);
  expect(count('DescribeCluster')).toBe(100);
  const listPages = count('ListClusters') + count('ListNodegroups');
  expect(listPages).toBe(101);
  // The ledger's pages (100 node groups each), the policy, the public parameters, the budget, the known releases.
  expect(reads.length - 1000 - 100 - listPages).toBeLessThanOrEqual(32);
  // The watcher has not seen the release yet. Each node group remembers that, and nobody is notified of what passes by
  // itself.
  expect(calls.filter(({ operation }) => operation === 'PutItem')).toHaveLength(1000);
  expect(run.records.filter(isAboutGroup)).toEqual([]);
  expect(calls.every(({ outcome }) => outcome === 'ok')).toBe(true);
  // The whole process, including the account of 2,000 nodes and the log of this run, stays below one Lambda's memory.
  expect(heap() - heapBefore).toBeLessThan(256);
});

/** Used heap, MiB. */
const heap = (): number => process.memoryUsage().heapUsed / 2 ** 20;
