import { describe, expect, it } from 'vitest';
import { HOUR, incidentOf, MINUTE, playThrough, upgradeCalls } from './harness.ts';
import { ask, outcomes, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';
import { NEW, OLD, release } from './upgrade.fixture.ts';

const group = { releaseVersion: OLD, updates: { minutesPerNode: 4 } };
const releases = [release(OLD, '-10d'), release(NEW, '+20m')];

describe('an upgrade of a group with a worker in quarantine', () => {
  it('waits, and starts with the sweep after the worker was released', async () => {
    const fleet = privateFleet(group, { ...publicLaunch({ publicAddress: 'elastic' }), releases });
    const policy = { upgrades: { bakeAge: '30m', waitForQuarantine: '4h' } };
    const run = await playThrough({ ...scenario(fleet, policy), play: '3h' });
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(incidentOf(run, 'shop', 'web')).toEqual(['waiting baking', 'waiting worker-in-quarantine']);
    expect(upgradeCalls(run)).toEqual([]);
    const [held] = run.records.filter(({ reason }) => reason === 'quarantined');
    ask(run, 'release', held?.instance ?? '');
    await run.account.play(HOUR + 10 * MINUTE);
    expect(incidentOf(run, 'shop', 'web')).toContain('acted upgrade-started');
  });
});
