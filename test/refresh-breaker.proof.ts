import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, nodeGroupOf, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ask, cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

/** With the wanted AMI no worker of these groups comes up. */
const broken = (name: string) => group(name, { brokenImages: [NEW] });
const own = {
  name: 'own',
  amiType: 'CUSTOM',
  desiredSize: 2,
  launchTemplate: { imageId: OLD },
  updates: { minutesPerNode: 4 },
};

/** The notifications of a breaker that people got. */
const told = ({ account }: Run) =>
  account.sns.published
    .filter(({ topicArn }) => topicArn === account.stack.outputs.NotificationTopicArn)
    .map(({ subject = '' }) => subject)
    .filter((subject) => subject.includes('breaker'));
const startsOf = ({ calls }: Run) => calls.filter(({ operation }) => operation === 'StartInstanceRefresh').length;

it('a group that is made anew under its name is no more halted by failures of the former one', async () => {
  const run = await start({
    inProcess: true,
    fleet: fleet(cluster('shop', [group('a', { brokenImages: [NEW], recreatedAt: '+10h' })])),
    policy: policy(),
    play: '16h',
  });
  const story = run.records
    .filter(({ remediation }) => remediation === 'refresh-groups')
    .map(
      ({ time, reason }) => `${Date.parse(time) < Date.parse('2026-07-14T22:00:00Z') ? 'before' : 'after'} ${reason}`,
    )
    .filter((line) => !line.endsWith('refresh-under-way'));
  const once = ['refresh-started', 'refresh-failed', 'refresh-halted'];
  expect(story).toEqual(['before', 'after'].flatMap((when) => once.map((reason) => `${when} ${reason}`)));
  expect(startsOf(run)).toBe(2);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
});

it('an AMI that does not come up is rolled back, and stops after the stated number of groups, also for managed ones; resume goes on', async () => {
  const refreshes = policy({ concurrency: { perCluster: 1, perAccount: 1 } });
  const run = await start({
    inProcess: true,
    fleet: fleet(
      cluster('shop', [broken('a'), broken('b'), broken('c')]),
      cluster('data', [broken('d')], { nodeGroups: [own] }),
    ),
    policy: {
      ...refreshes,
      upgrades: {
        bakeAge: '1m',
        // The managed group comes after the refreshes.
        windows: [{ cron: '0 3 * * *', duration: '4h' }],
        breaker: { release: 2 },
        image: { mode: 'enforce', templates: 'change', wanted: refreshes.refreshes.wanted },
      },
    },
    play: '16h',
  });
  const images = () =>
    new Set(
      run.account.fleet.autoScalingGroups
        .list()
        .filter(({ name }) => /-[abcd]$/.test(name))
        .flatMap(({ members }) => [...members.values()].map(({ instance }) => instance.imageId)),
    );
  expect(startsOf(run)).toBe(2);
  expect(images()).toEqual(new Set([OLD]));
  expect(nodeGroupOf(run, 'data', 'own').releaseVersion).toBe(OLD);
  const reasonsOf = (reason: string) =>
    run.records.filter((each) => each.reason === reason).map((each) => each.nodegroup ?? '');
  expect(reasonsOf('refresh-failed')).toHaveLength(2);
  expect(new Set(reasonsOf('breaker-tripped')).size).toBe(2);
  // Those that have not failed say so once, whichever function moves them.
  expect(reasonsOf('held-by-breaker').toSorted()).toEqual(['own', expect.anything(), expect.anything()]);
  expect(told(run)).toHaveLength(1);
  // The second began as soon as the first had failed.
  const at = (reason: string, index: number) =>
    Date.parse(run.records.filter((each) => each.reason === reason)[index]?.time ?? '');
  expect(at('refresh-started', 1) - at('refresh-failed', 0)).toBeLessThan(HOUR / 12);

  const [held = ''] = reasonsOf('held-by-breaker').filter((name) => name.startsWith('self-managed:'));
  await ask(run, 'resume', held.replace('self-managed:', ''));
  await run.account.play(4 * HOUR);
  // Refreshes go on until two more have failed.
  expect(startsOf(run)).toBe(4);
  expect([told(run).length, images()]).toEqual([2, new Set([OLD])]);
  const ofRefreshes = run.calls.filter((each) => each.function === 'refresh-groups');
  expect(await deniedCalls(run.account, ofRefreshes)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}, 60_000);
