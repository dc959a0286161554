import type { DescribeInstanceInformationResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { isAtLeast, LATEST_AGENT_VERSION } from './agents.ts';
import { DEFAULT_HOST_MANAGEMENT, DEFAULT_HOST_MANAGEMENT_ROLE } from './service-settings.ts';

const CORE = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

interface Hosts {
  readonly ssm?: object;
  readonly cluster?: object;
  readonly fleet?: object;
}

/** One node group whose single node has been running for days, or is launched at once. */
function account({ ssm = {}, cluster = {}, fleet = {} }: Hosts, launched = false, seed?: number): TestAccount {
  const group = { name: 'g', desiredSize: launched ? 0 : 1, releaseVersion: '1.33.4-20260701', ssm };
  const file = {
    ...fleet,
    clusters: [{ name: 'c', version: '1.33', nodeGroups: [group], ...cluster }],
    ...(launched ? { launches: [{ at: '+0s', cluster: 'c', nodeGroup: 'g', withinSeconds: 0 }] } : {}),
  };
  return testAccount(file, seed);
}

const list = (at: TestAccount, input: object = {}) =>
  at.call<DescribeInstanceInformationResult>('ssm', 'DescribeInstanceInformation', input).InstanceInformationList ?? [];
const status = (at: TestAccount) => list(at)[0]?.PingStatus;
const attach = (at: TestAccount) => at.call('iam', 'AttachRolePolicy', { RoleName: 'c-g-node', PolicyArn: CORE });
const manageByDefault = (at: TestAccount, SettingValue: string = DEFAULT_HOST_MANAGEMENT_ROLE) =>
  at.call('ssm', 'UpdateServiceSetting', { SettingId: DEFAULT_HOST_MANAGEMENT, SettingValue });

describe('Session Manager', () => {
  const channel = (Effect: string) => ({
    Statement: { Effect, Principal: '*', Action: 'ssmmessages:*', Resource: '*' },
  });
  const register = { Statement: { Effect: 'Allow', Action: 'ssm:UpdateInstanceInformation', Resource: '*' } };

  it.each<[string, Hosts, string]>([
    ['whose agent has all that it needs', {}, 'connected'],
    ['whose agent is lost', { ssm: { agent: 'dead' } }, 'notconnected'],
    ['whose agent never came', { ssm: { agent: 'missing' } }, 'notconnected'],
    [
      'whose role lets it register alone',
      { ssm: { managedPolicy: false, role: { policies: { register } } } },
      'notconnected',
    ],
    [
      'whose endpoint denies the channel',
      {
        cluster: {
          network: { endpoints: [{ services: ['ssm'] }, { services: ['ssmmessages'], policy: channel('Deny') }] },
        },
      },
      'notconnected',
    ],
    [
      'whose endpoint allows it',
      {
        cluster: {
          network: { endpoints: [{ services: ['ssm'] }, { services: ['ssmmessages'], policy: channel('Allow') }] },
        },
      },
      'connected',
    ],
  ])('reaches or misses an instance %s', (_what, hosts, expected) => {
    const at = account(hosts);
    const [node] = at.state.instances.list();
    const Target = node?.id ?? '';
    expect(at.call('ssm', 'GetConnectionStatus', { Target })).toEqual({ Target, Status: expected });
  });
});

describe('an agent', () => {
  it.each<[string, Hosts, string | undefined]>([
    ['has all that it needs', {}, 'Online'],
    ['has its rights by an inline policy', { ssm: { managedPolicy: false, otherPolicy: 'inline' } }, 'Online'],
    [
      'has them by a policy of the account’s',
      { ssm: { managedPolicy: false, otherPolicy: 'customer-managed' } },
      'Online',
    ],
    [
      'has them by a deprecated policy of AWS',
      { ssm: { managedPolicy: false, otherPolicy: 'AmazonEC2RoleforSSM' } },
      'Online',
    ],
    ['has no rights', { ssm: { managedPolicy: false } }, undefined],
    ['has no instance profile', { ssm: { instanceProfile: false } }, undefined],
    ['is not there', { ssm: { agent: 'missing' } }, undefined],
    ['is kept from running', { ssm: { agent: 'stopped' } }, undefined],
    ['died after its first ping', { ssm: { agent: 'dead' } }, 'ConnectionLost'],
    ['has no metadata service', { ssm: { imds: 'disabled' } }, undefined],
    ['has no way out', { cluster: { network: 'none' } }, undefined],
    ['reaches endpoints', { cluster: { network: { endpoints: {} } } }, 'Online'],
    ['misses ssmmessages', { cluster: { network: { endpoints: { services: ['ssm', 'ec2messages'] } } } }, undefined],
    [
      'does without ec2messages',
      { cluster: { network: { endpoints: { services: ['ssm', 'ssmmessages'] } } } },
      'Online',
    ],
    [
      'is too old to do without ec2messages',
      { ssm: { version: '3.3.0.0' }, cluster: { network: { endpoints: { services: ['ssm', 'ssmmessages'] } } } },
      undefined,
    ],
    [
      'has no profile, but Default Host Management',
      { ssm: { instanceProfile: false }, fleet: { defaultHostManagement: 'on' } },
      'Online',
    ],
    [
      'has it, and is too old for it',
      { ssm: { managedPolicy: false, version: '3.2.581.9' }, fleet: { defaultHostManagement: 'on' } },
      undefined,
    ],
    [
      'has it, and is just new enough',
      { ssm: { managedPolicy: false, version: '3.2.582.0' }, fleet: { defaultHostManagement: 'on' } },
      'Online',
    ],
    [
      'has a role that was deleted since',
      { ssm: { instanceProfile: false }, fleet: { defaultHostManagement: 'role-gone' } },
      undefined,
    ],
    [
      'has a role that does not trust Systems Manager',
      { ssm: { instanceProfile: false }, fleet: { defaultHostManagement: 'role-distrusts' } },
      undefined,
    ],
    ['has only its role', { ssm: { managedPolicy: false }, fleet: { defaultHostManagement: 'role' } }, undefined],
  ])('that %s, running for days or launched just now, is in the list or not', async (_what, hosts, expected) => {
    expect(status(account(hosts))).toBe(expected);
    const at = account(hosts, true);
    expect(list(at)).toEqual([]);
    await at.play(5 * MINUTE_MS);
    expect(at.state.instances.list()).toMatchObject([{ state: 'running' }]);
    expect(status(at)).toBe(expected);
  });

  it('registers some tens of seconds after its instance runs, or when it is told to', async () => {
    const secondsUntilOnline = async (ssm: object, seed: number) => {
      const group = { name: 'g', desiredSize: 0, releaseVersion: '1.33.4-20260701', ssm };
      const launches = [{ at: '+0s', cluster: 'c', nodeGroup: 'g', withinSeconds: 0 }];
      const at = testAccount({ clusters: [{ name: 'c', version: '1.33', nodeGroups: [group] }], launches }, seed);
      for (let second = 0; second < 400 && list(at).length === 0; second += 1) await at.play(1000);
      return (at.state.world.time.now - (at.state.instances.list()[0]?.runningSince ?? 0)) / 1000;
    };
    const seconds = await Promise.all([1, 2, 3, 4, 5].map((seed) => secondsUntilOnline({}, seed)));
    for (const one of seconds) expect(one).toSatisfy((value) => value >= 20 && value < 92);
    expect(new Set(seconds.map(Math.floor)).size).toBeGreaterThan(1);
    const told = await secondsUntilOnline({ registersAfterSeconds: 200 }, 1);
    expect(told).toSatisfy((value) => value >= 200 && value < 202);
  });

  it('is lost with the public address by which its instance led out, and comes back with another', async () => {
    const at = account({ cluster: { network: 'internet' } });
    const NetworkInterfaceId = at.state.instances.list()[0]?.interfaces[0]?.id;
    const giveAddress = (AssociatePublicIpAddress: boolean) =>
      at.call('ec2', 'ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, AssociatePublicIpAddress });
    giveAddress(false);
    expect(status(at)).toBe('ConnectionLost');
    giveAddress(true);
    await at.play(6 * MINUTE_MS);
    expect(status(at)).toBe('Online');
  });

  it.each([
    ['', {}],
    [' to an endpoint', { network: { endpoints: {} } }],
  ])('is lost when its security groups let nothing out%s', (_where, cluster) => {
    const at = account({ cluster });
    const GroupId = at.state.eks.cluster('c').securityGroupId;
    expect(status(at)).toBe('Online');
    const IpPermissions = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
    at.call('ec2', 'RevokeSecurityGroupEgress', { GroupId, IpPermissions });
    expect(status(at)).toBe('ConnectionLost');
  });

  it('is forgotten with its instance', async () => {
    const at = account({});
    const [instance] = at.state.instances.list();
    const [group] = at.state.autoScalingGroups.list();
    at.state.autoScalingGroups.terminate(group!, instance!, MINUTE_MS);
    expect(status(at)).toBe('ConnectionLost');
    await at.play(MINUTE_MS);
    expect(list(at)).toEqual([]);
  });
});

describe('a cure', () => {
  it.each<[string, Hosts, (at: TestAccount) => void]>([
    ['the policy', { ssm: { managedPolicy: false } }, attach],
    [
      'Default Host Management',
      { ssm: { instanceProfile: false }, fleet: { defaultHostManagement: 'role' } },
      (at) => manageByDefault(at),
    ],
  ])('by %s shows when the agent wakes up: within half an hour', async (_what, hosts, cure) => {
    const takes = async (seed: number) => {
      const at = account(hosts, false, seed);
      cure(at);
      let minutes = 0;
      for (; minutes < 60 && status(at) !== 'Online'; minutes += 1) await at.play(MINUTE_MS);
      return minutes;
    };
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(takes));
    for (const minutes of all) expect(minutes).toSatisfy((value) => value >= 2 && value <= 31);
    expect(Math.max(...all)).toBeGreaterThan(10);
  });

  it('by installing takes some tens of seconds', async () => {
    const at = account({ ssm: { agent: 'missing', latest: false } });
    at.state.agents.installed(at.state.instances.list()[0]?.id ?? '');
    await at.play(19_000);
    expect(list(at)).toEqual([]);
    await at.play(75_000);
    expect(list(at)).toMatchObject([
      { PingStatus: 'Online', AgentVersion: LATEST_AGENT_VERSION, IsLatestVersion: true },
    ]);
  });

  it('by installing wakes one that fell silent, and not one that something keeps from running', async () => {
    for (const [agent, expected] of [
      ['dead', 'Online'],
      ['stopped', undefined],
    ] as const) {
      const at = account({ ssm: { agent } });
      at.state.agents.installed(at.state.instances.list()[0]?.id ?? '');
      await at.play(2 * MINUTE_MS);
      expect(status(at)).toBe(expected);
    }
  });

  it.each<[string, Hosts]>([
    ['the agent', { ssm: { managedPolicy: false, agent: 'missing' } }],
    ['a network', { ssm: { managedPolicy: false, network: 'none' } }],
    ['the metadata service', { ssm: { managedPolicy: false, imds: 'disabled' } }],
  ])('of the rights alone does not help where %s is missing, too', async (_what, hosts) => {
    const at = account(hosts);
    attach(at);
    await at.play(HOUR_MS);
    expect(list(at)).toEqual([]);
  });

  it('by a role that may nothing, or that does not exist, is none', async () => {
    const at = account({ ssm: { managedPolicy: false } });
    manageByDefault(at, 'c-g-node');
    manageByDefault(at, 'service-role/Nobody');
    await at.play(HOUR_MS);
    expect(list(at)).toEqual([]);
  });

  it('that is taken back loses the agent again', async () => {
    const at = account({ ssm: { managedPolicy: false }, fleet: { defaultHostManagement: 'on' } });
    expect(list(at)).toMatchObject([
      { PingStatus: 'Online', IamRole: 'AWSSystemsManagerDefaultEC2InstanceManagementRole' },
    ]);
    at.call('ssm', 'ResetServiceSetting', { SettingId: DEFAULT_HOST_MANAGEMENT });
    expect(status(at)).toBe('ConnectionLost');
  });
});

it.each([
  ['3.2.582.0', '3.2.582.0', true],
  ['3.10.0.0', '3.9.0.0', true],
  ['3.2.581.9', '3.2.582.0', false],
  ['2.9.9.9', '3.0.0.0', false],
])('version %s is at least %s: %s', (version, other, expected) => {
  expect(isAtLeast(version, other)).toBe(expected);
});
