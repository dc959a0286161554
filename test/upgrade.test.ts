import { describe, expect, it } from 'vitest';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { deadLetterCount, HOUR, incidentOf, isAboutGroup, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { FAST, fleet, group, NEW } from './upgrade.fixture.ts';

describe('a new release', () => {
  it('is seen, bakes, upgrades the node group, and each step is recorded once', async () => {
    const run = await playThrough({ fleet: fleet([group('web')]), play: '30h' });
    // The sweep and the watcher run in the same second, and it makes no difference which sees the release first.
    expect(incidentOf(run, 'shop', 'web').filter((line) => !/in-flight/.test(line))).toEqual([
      'done up-to-date',
      'waiting baking',
      'acted upgrade-started',
      'done upgraded',
    ]);
    expect(nodeGroupOf(run, 'shop', 'web')).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
    expect(upgradeCalls(run)).toMatchObject([
      {
        outcome: 'ok',
        input: { clusterName: 'shop', nodegroupName: 'web', version: '1.33', releaseVersion: NEW },
      },
    ]);
    expect(upgradeCalls(run)[0]?.input).not.toHaveProperty('force');
    expect(deadLetterCount(run)).toBe(0);
  });

  it('is not rolled out before its bake time is over, and soon after', async () => {
    const { calls, records } = await playThrough({
      fleet: fleet([group('web')]),
      policy: { upgrades: { bakeAge: '6h' } },
      play: '9h',
      inProcess: true,
    });
    const seen = records.find(({ message }) => message.includes(`${NEW} is newer`));
    const started = calls.find(({ operation }) => operation === 'UpdateNodegroupVersion');
    const waited = Date.parse(started?.at ?? '') - Date.parse(seen?.time ?? '');
    expect(waited).toBeGreaterThanOrEqual(6 * HOUR);
    // EventBridge Scheduler is precise to a minute.
    expect(waited).toBeLessThan(6 * HOUR + 3 * 60_000);
  });

  it('ties its incident together: one correlation id from the first event to the outcome, calls by their request ids', async () => {
    const { records, calls } = await playThrough({
      fleet: fleet([group('web')]),
      policy: FAST,
      play: '5h',
      inProcess: true,
    });
    const incident = records.filter(({ nodegroup, details }) => nodegroup === 'web' && details?.to === NEW);
    const ended = records.find(({ reason }) => reason === 'upgraded');
    expect(new Set([...incident, ended].map((record) => record?.correlationId)).size).toBe(1);
    const started = records.find(({ reason }) => reason === 'upgrade-started');
    const call = calls.find(({ operation }) => operation === 'UpdateNodegroupVersion');
    expect(started?.calls).toEqual([
      { service: 'eks', operation: 'UpdateNodegroupVersion', requestId: call?.requestId },
    ]);
  });

  it('changes nothing when its event comes ten times more, forged ones included', async () => {
    const forged = { ...amiRelease, detail: { ...amiRelease.detail, releaseVersion: '1.33.99-20991231' } };
    const events = Array.from({ length: 10 }, (_, n) => ({
      after: 5 * HOUR + n * 1000,
      event: { ...(n % 2 === 0 ? amiRelease : forged), id: `again-${n}` },
    }));
    const once = await playThrough({ fleet: fleet([group('web')]), policy: FAST, play: '6h', inProcess: true });
    const often = await playThrough({
      fleet: fleet([group('web')]),
      policy: FAST,
      play: '6h',
      events,
      inProcess: true,
    });
    expect(upgradeCalls(often).map(({ input }) => input)).toEqual(upgradeCalls(once).map(({ input }) => input));
    expect(often.records.filter(isAboutGroup).map(({ id }) => id)).toEqual(
      once.records.filter(isAboutGroup).map(({ id }) => id),
    );
  });
});
