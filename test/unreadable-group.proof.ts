import { expect, it } from 'vitest';
import { start } from './harness.ts';
import { RELEASES } from './ssm-agent.fixture.ts';

/** EKS does not describe the node group `dark`, for hours. */
const troubles = (code: string) => [
  { cluster: 'shop', nodeGroup: 'dark', operations: ['DescribeNodegroup'], code, status: 500 },
];
const EXPOSED = { subnets: 'public', publicAddress: 'elastic', openPorts: [22] };

const group = (name: string, ssm: object) => ({ name, desiredSize: 4, maxSize: 6, ssm });

const fleetWith = (ssm: object, code = 'ServerException') => ({
  startsAt: '2026-07-20T00:05:00Z',
  releases: [RELEASES],
  troubles: troubles(code),
  clusters: [{ name: 'shop', version: '1.33', nodeGroups: [group('dark', ssm), group('web', ssm)] }],
});

const launches = ['dark', 'web'].map((nodeGroup) => ({ at: '+10m', cluster: 'shop', nodeGroup, exposure: EXPOSED }));

/** What a function told of each group, without repetition. */
const toldBy = ({ records }: Awaited<ReturnType<typeof start>>, remediation: string) => [
  ...new Set(
    records
      .filter((record) => record.remediation === remediation)
      .map(({ nodegroup, decision, reason }) => `${nodegroup} ${decision} ${reason}`),
  ),
];

it('a node group that EKS does not describe for hours keeps no exposed worker of another from its quarantine, and its own is told of once', async () => {
  const run = await start({
    inProcess: true,
    fleet: { ...fleetWith({}), launches },
    policy: { upgrades: { mode: 'off' } },
    play: '3h',
  });
  expect(toldBy(run, 'quarantine-workers').toSorted()).toEqual([
    'dark failed unreadable',
    'web acted quarantine-started',
    'web done quarantined',
  ]);
  const dark = run.records.filter(
    ({ reason, remediation }) => `${remediation} ${reason}` === 'quarantine-workers unreadable',
  );
  expect(dark).toHaveLength(1);
  expect(dark[0]?.message).toMatch(/^Exposed: .*tcp\/22.*ServerException/);
});

it('of a group whose reads AWS only throttles nothing is told, and the others are isolated', async () => {
  const run = await start({
    inProcess: true,
    fleet: { ...fleetWith({}, 'ThrottlingException'), launches },
    policy: { upgrades: { mode: 'off' } },
    play: '40m',
  });
  expect(toldBy(run, 'quarantine-workers')).toEqual(['web acted quarantine-started', 'web done quarantined']);
});

/** How often a reason was told of each worker of the dark group. */
const timesOf = ({ records }: Awaited<ReturnType<typeof start>>, remediation: string) => {
  const told = records.filter((record) => record.remediation === remediation && record.reason === 'unreadable');
  expect(new Set(told.map(({ nodegroup, decision }) => `${nodegroup} ${decision}`))).toEqual(new Set(['dark failed']));
  return [...Map.groupBy(told, ({ instance }) => instance).values()].map(({ length }) => length);
};

it('it keeps no agent of another group from its cure, and each of its own is told of once', async () => {
  const run = await start({
    inProcess: true,
    fleet: fleetWith({ managedPolicy: false }),
    policy: { upgrades: { mode: 'off' }, quarantine: { mode: 'off' } },
    play: '3h',
  });
  expect(toldBy(run, 'manage-ssm-agent')).toEqual(
    expect.arrayContaining(['web acted policy-attached', 'web done agent-cured']),
  );
  expect(timesOf(run, 'manage-ssm-agent')).toEqual([1, 1, 1, 1]);
});
