import { describe, expect, it } from 'vitest';
import { HOUR, start } from './harness.ts';
import { fleet, OPEN, told } from './posture.fixture.ts';

const DAY = 24 * HOUR;

describe('the posture of hosts', () => {
  it('that is waived is a finding again from the day on which the waiver ends', async () => {
    const run = await start({ inProcess: true, fleet: fleet(OPEN), play: '0s' });
    const until = new Date(run.account.time.now + 2 * DAY).toISOString().slice(0, 10);
    const waivers = [
      { id: 'W-1', check: '3.2.4', nodegroup: 'web', reason: 'a probe needs it', who: 'platform', until },
    ];
    const Name = run.account.stack.ref('AWS::SSM::Parameter');
    const OFF = { mode: 'off' };
    const Value = JSON.stringify({ posture: { waivers }, ssmAgent: OFF, upgrades: OFF, quarantine: OFF, imds: OFF });
    run.account.fleet.parameters.put({ Name, Value, Overwrite: true });
    await run.account.play(5 * HOUR);
    expect(told(run)).toEqual(['web skipped posture-waived 3.2.4']);
    await run.account.play(2 * DAY);
    expect(told(run)).toEqual(['web skipped posture-waived 3.2.4', 'web refused posture-failed 3.2.4']);
    const [waived, reopened] = run.records.filter(({ remediation }) => remediation === 'check-posture');
    expect(waived?.message).toContain('waived until');
    expect(reopened?.message).toContain('Waiver W-1 does not cover it any more');
  });
});
