import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { HOUR, start } from './harness.ts';
import { ask, cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

const membersOf = (run: Run, name: string) => [
  ...(run.account.fleet.autoScalingGroups.get(name)?.members.values() ?? []),
];
const imagesOf = (run: Run, name: string): string[] => membersOf(run, name).map(({ instance }) => instance.imageId);
const storyOf = ({ records }: Run, name: string): string[] =>
  records
    .filter((record) => record.remediation === 'refresh-groups' && record.nodegroup === `self-managed:${name}`)
    .map(({ decision, reason }) => `${decision} ${reason}`);

it('a refresh whose workers never join the cluster is rolled back at its checkpoint, and the AMI comes to no later wave', async () => {
  const run = await start({
    fleet: fleet(
      cluster('canary', [group('web', { size: 6, maxSize: 8, absentImages: [NEW] })]),
      cluster('prod', [group('web', { absentImages: [NEW] })]),
    ),
    policy: {
      ...policy({ checkpoints: [20], checkpointDelay: '1h' }),
      upgrades: { waves: ['first', 'last'], bakeBetween: '1h' },
      overrides: [{ name: 'canary', match: { clusters: ['canary'] }, upgrades: { wave: 'first' } }],
    },
  });
  let most = 0;
  for (let hour = 0; hour < 30; hour += 0.25) {
    await run.account.play(HOUR / 4);
    most = Math.max(most, imagesOf(run, 'canary-web').filter((each) => each === NEW).length);
  }
  expect(storyOf(run, 'canary-web')).toEqual([
    'acted refresh-started',
    'failed refresh-nodes-absent',
    'failed refresh-failed',
    'refused refresh-halted',
  ]);
  expect(new Set(imagesOf(run, 'canary-web'))).toEqual(new Set([OLD]));
  expect(most).toBeLessThanOrEqual(2);
  expect(storyOf(run, 'prod-web')).toEqual(['waiting earlier-wave', 'waiting wave-stopped']);
  expect(new Set(imagesOf(run, 'prod-web'))).toEqual(new Set([OLD]));
});

it('a refresh that ends before anybody can tell whether its workers join is not done: people are told, and can undo it', async () => {
  const run = await start({
    fleet: fleet(cluster('shop', [group('web', { size: 1, absentImages: [NEW] })])),
    policy: policy({ bakeTime: '0m', instanceWarmup: '1m' }),
  });
  await run.account.play(6 * HOUR);
  expect(storyOf(run, 'shop-web')).toEqual([
    'acted refresh-started',
    'waiting refresh-under-way',
    'failed refresh-nodes-absent',
  ]);
  await ask(run, 'reject', 'shop-web');
  await run.account.play(3 * HOUR);
  expect(imagesOf(run, 'shop-web')).toEqual([OLD]);
});

it('workers of which EKS tags none say nothing: the refresh goes on', async () => {
  const run = await start({
    fleet: fleet(cluster('shop', [group('web', { clusterTag: false })])),
    policy: policy(),
  });
  await run.account.play(4 * HOUR);
  expect(storyOf(run, 'shop-web')).toEqual(['acted refresh-started', 'done group-refreshed']);
});
