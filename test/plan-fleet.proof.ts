import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { HOUR, playThrough, upgradeCalls } from './harness.ts';
import { group, OLD, release } from './upgrade.fixture.ts';

const OLDEST = '1.33.10-20260403';
const NEWEST = '1.33.13-20260714';

it('plan --fleet names before it begins who starts in which order and not before when, and changes nothing', async () => {
  const at = (name: string, releaseVersion: string, more: object = {}) => group(name, { releaseVersion, ...more });
  const clusters = [
    { name: 'shop', version: '1.33', nodeGroups: [at('api', OLD), at('web', OLDEST)] },
    { name: 'test', version: '1.33', nodeGroups: [at('jobs', OLD, { tags: { 'eks-host-remediator:ignore': '' } })] },
  ];
  const releases = [release(OLDEST, '-90d'), release(OLD, '-10d'), release(NEWEST, '+30m')];
  const policy = {
    upgrades: { bakeAge: '2h', windows: [{ cron: '0 6 * * *', duration: '6h', timeZone: 'Europe/Berlin' }] },
  };
  const fleet = { startsAt: '2026-07-14T00:00:00Z', releases, clusters };
  const run = await playThrough({ fleet, policy, play: '90m' });
  const writes = () =>
    run.calls.filter(({ operation }) => /^(Put|Update|Create|Delete|Start|Send|Modify)/.test(operation)).length;
  const before = writes();
  const planned = await operate(run.account, 'plan', '--fleet', '--json');
  const lines = planned.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(writes()).toBe(before);
  // Six o'clock in Berlin is four in UTC: the release has baked by then.
  expect(
    lines.map(({ place, cluster, nodegroup, reason, notBefore }) => [
      place,
      `${cluster}/${nodegroup}`,
      reason,
      notBefore,
    ]),
  ).toEqual([
    [1, 'shop/web', 'baking', '2026-07-14T04:00:00.000Z'],
    [2, 'shop/api', 'baking', '2026-07-14T04:00:00.000Z'],
    [undefined, 'test/jobs', 'opted-out', undefined],
  ]);
  const shown = await operate(run.account, 'plan', '--fleet', 'test');
  expect(shown.stdout).toMatch(/^ {2}PLACE +DECISION +SUBJECT +NOT BEFORE +WHAT\n {9}skipped +test\/jobs +opted-out: /);

  await run.account.play(6 * HOUR);
  const started = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(started.map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`)).toEqual(['shop/web', 'shop/api']);
  expect(started[0]?.time.slice(0, 16)).toBe('2026-07-14T04:00');
  expect(upgradeCalls(run)).toHaveLength(2);
});
