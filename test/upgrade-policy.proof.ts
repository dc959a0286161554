import { describe, expect, it } from 'vitest';
import { HOUR, incidentOf, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { FAST, fleet, group, NEW } from './upgrade.fixture.ts';

describe('policy', () => {
  it.each([
    ['observe', { upgrades: { mode: 'observe' } }, 'would-act would-upgrade'],
    ['off', { upgrades: { mode: 'off' } }, 'skipped mode-off'],
    ['kill switch', { killSwitch: true }, 'skipped kill-switch'],
    ['out of scope', { scope: { clusters: ['other-*'] } }, 'skipped out-of-scope'],
    ['unknown key', { upgrade: {} }, 'refused policy-invalid'],
    ['no JSON', '{', 'refused policy-invalid'],
  ])('%s: nothing is changed, and that is recorded once', async (_what, policy, last) => {
    const run = await playThrough({
      inProcess: true,
      fleet: fleet([group('web')]),
      policy: faster(policy),
      play: '5h',
    });
    expect(upgradeCalls(run)).toEqual([]);
    const incident = incidentOf(run, 'shop', 'web');
    expect(incident.at(-1)).toBe(last);
    expect(incident.filter((line) => line === last)).toHaveLength(1);
  });

  it('is read again while running: the kill switch bites before the next start', async () => {
    const run = await playThrough({ inProcess: true, fleet: fleet([group('web')]), policy: FAST, play: '3h' });
    run.account.fleet.parameters.put({
      Name: '/eks-host-remediator/policy',
      Value: '{"killSwitch":true}',
      Overwrite: true,
    });
    await run.account.play(2 * HOUR);
    expect(upgradeCalls(run)).toEqual([]);
    run.account.fleet.parameters.put({
      Name: '/eks-host-remediator/policy',
      Value: JSON.stringify(FAST),
      Overwrite: true,
    });
    await run.account.play(2 * HOUR);
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
  });
});

/** The same policy with a short bake time; an invalid policy stays unchanged. */
const faster = (policy: object | string) =>
  typeof policy === 'string'
    ? policy
    : { ...policy, upgrades: { ...FAST.upgrades, ...('upgrades' in policy ? (policy.upgrades as object) : {}) } };
