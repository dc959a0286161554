import { describe, expect, it } from 'vitest';
import { stateOf } from '../sandbox/account/cloudwatch/alarms.ts';
import { deadLetterCount, HOUR, playThrough } from './harness.ts';
import { ENTRY, exposedWorker, outcomes, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';
import { release } from './upgrade.fixture.ts';

/** A region without Inspector and Security Hub, and a node group of an AMI type without releases there. */
const fleetOf = (region: string) => ({
  ...privateFleet({ releaseVersion: '1.33.13-20260714' }, publicLaunch({ publicAddress: 'elastic' }), {
    accessEntries: [ENTRY],
    nodeGroups: [
      { name: 'web', desiredSize: 3, maxSize: 30, releaseVersion: '1.33.13-20260714' },
      {
        name: 'box',
        desiredSize: 2,
        ssm: { instanceProfile: false },
        amiType: 'BOTTLEROCKET_x86_64',
        releaseVersion: '1.42.0-ca9b9399',
      },
    ],
  }),
  releases: [
    release('1.33.13-20260714', '-10d'),
    // Amazon's parameters have nothing for this type.
    release('1.42.0-ca9b9399', '-10d', { amiType: 'BOTTLEROCKET_x86_64', withdrawnAt: '-9d' }),
  ],
  region,
  missingServices: ['inspector2', 'securityhub'],
});

describe.each([
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
  ['aws-eusc', 'eusc-de-east-1'],
  ['aws-iso-b', 'us-isob-east-1'],
])('in %s', (partition, region) => {
  it('all works, and what the place lacks is told once, not failed each hour', async () => {
    const policy = { upgrades: {}, findings: {}, ssmAgent: {}, notifications: { securityHub: 'enforce' } };
    const run = await playThrough({ ...scenario(fleetOf(region), policy, { inProcess: false }), play: '3h' });
    // What the region offers works: a worker is isolated.
    expect(outcomes(run).at(-1)).toBe('done quarantined');
    expect(run.account.fleet.networks.isReachable(exposedWorker(run).id)).toBe(false);
    expect(
      run.calls.some(({ permissions }) => permissions.some(({ resource }) => resource.startsWith('arn:aws:'))),
    ).toBe(false);
    expect(run.account.fleet.world.partition).toBe(partition);
    // What it lacks is recorded once per subject.
    const lacks = (reason: string) => run.records.filter((record) => record.reason === reason).length;
    expect(lacks('inspector-unavailable')).toBe(1);
    const aboutType = run.records.filter(({ message }) => message.includes('BOTTLEROCKET'));
    expect(aboutType.map(({ remediation, reason }) => `${remediation} ${reason}`)).toEqual([
      'watch-ami-releases no-release-for-version',
      'upgrade-node-groups no-release-for-version',
    ]);
    const messages = run.account.sns.published.filter(({ subject }) =>
      /Security Hub is not offered/.test(subject ?? ''),
    );
    expect(messages).toHaveLength(1);
    // Nothing fails because of it, hour after hour.
    await run.account.play(HOUR);
    const failed = run.records.filter(({ decision }) => decision === 'failed').map(({ remediation }) => remediation);
    expect(new Set(failed)).toEqual(new Set(['manage-ssm-agent']));
    expect(deadLetterCount(run)).toBe(0);
    const standing = run.account.cloudWatch.alarms.all.filter((alarm) => stateOf(alarm) === 'ALARM');
    const names = standing.map(({ watched }) => watched.definition.name);
    expect(names.filter((name) => /triage-findings|notify-stories|watch-ami-releases/.test(name))).toEqual([]);
  });
});
