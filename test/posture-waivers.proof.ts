import { describe, expect, it } from 'vitest';
import { al2023, DROP_INS, directory, dropIn, file, WITH_DROP_INS } from '../sandbox/account/ssm/node-systems.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, start } from './harness.ts';

const DAY = 24 * HOUR;

/** Nodes with a drop-in that opens the read-only port. */
const OPEN = al2023({
  flags: WITH_DROP_INS,
  files: [directory(DROP_INS), file(`${DROP_INS}/99-debug.conf`, '0644', dropIn({ readOnlyPort: 10255 }))],
});

const fleet = (host?: object) => ({
  startsAt: '2026-07-14T00:00:00Z',
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        {
          name: 'web',
          amiType: 'AL2023_x86_64_STANDARD',
          releaseVersion: '1.33.5-20260601',
          ssm: { commands: host === undefined ? {} : { host } },
        },
        { name: 'batch', amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.50.0-1a2b3c4d' },
        { name: 'legacy', amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.33-2026.06.10' },
      ],
    },
  ],
});

const told = ({ records }: Run) =>
  records
    .filter(({ remediation }) => remediation === 'check-posture')
    .map(({ nodegroup, decision, reason, details = {} }) => [nodegroup, decision, reason, details.check].join(' '));

describe('the posture of hosts', () => {
  it('that is waived is a finding again from the day on which the waiver ends', async () => {
    const run = await start({ fleet: fleet(OPEN), play: '0s' });
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
    expect(reopened?.message).toContain('Waiver W-1 covers it no more');
  });
});
