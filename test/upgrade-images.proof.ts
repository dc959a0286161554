import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UpdateNodegroupVersionCommand } from '@aws-sdk/client-eks';
import { expect, inject, it } from 'vitest';
import { clientsIn } from '../cli/operator.fixture.ts';
import { resourcesOf, templateOf } from '../infra/stack-under-test.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { type Run, startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { HOUR, incidentOf, nodeGroupOf } from './harness.ts';
import { deniedCalls } from './iam.ts';

const [OLD, NEW, OTHER] = ['ami-0123456789abcdef0', 'ami-0123456789abcdef1', 'ami-0123456789abcdef2'];
const group = (name: string, tags: object = {}) => ({
  name,
  amiType: 'CUSTOM',
  desiredSize: 2,
  launchTemplate: { imageId: OLD, tags },
  updates: { minutesPerNode: 2 },
});
const fleet = {
  startsAt: '2026-07-14T12:00:00Z',
  images: [
    { imageId: OLD, name: 'golden-eks-1.33-1', at: '-30d' },
    { imageId: NEW, name: 'golden-eks-1.33-2', at: '-3d', parameter: '/eks-host-remediator/images/1.33' },
    { imageId: OTHER, name: 'golden-eks-1.33-3', at: '-2d', architecture: 'arm64' },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [group('own'), group('named'), group('stack', { 'aws:cloudformation:stack-name': 'nodes' })],
    },
  ],
};
const policy = {
  upgrades: {
    bakeAge: '1m',
    concurrency: { perCluster: 3 },
    image: {
      mode: 'enforce',
      templates: 'change',
      wanted: { ssmParameter: '/eks-host-remediator/images/{kubernetesVersion}' },
    },
  },
  overrides: [
    {
      name: 'by-name',
      match: { nodegroups: ['named'] },
      upgrades: { image: { wanted: { owners: ['self'], namePattern: 'golden-eks-*', architecture: 'x86_64' } } },
    },
  ],
};

/** The stack with the rights that the setting `imageRights` grants. */
function withImageRights(): string {
  const template = JSON.parse(readFileSync(inject('template'), 'utf8'));
  for (const { id, ...role } of resourcesOf(templateOf({ imageRights: 'on' }), 'AWS::IAM::Role')) {
    if (id.startsWith('UpgradeNodeGroups')) template.Resources[id] = role;
  }
  const path = join(dirname(inject('template')), 'with-image-rights.template.json');
  writeFileSync(path, JSON.stringify(template));
  return path;
}

/** The AMI for the version of a control plane that was upgraded some days ago. */
const NEXT = 'ami-0123456789abcdef3';
const upgraded = (daysAgo: number) => ({
  ...fleet,
  images: [
    ...fleet.images,
    { imageId: NEXT, name: 'golden-eks-1.34-1', at: '-1d', parameter: '/eks-host-remediator/images/1.34' },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.34',
      controlPlaneUpdates: [{ at: `-${daysAgo}d`, version: '1.34' }],
      nodeGroups: [{ ...group('named'), version: '1.33' }],
    },
  ],
});

const templatesMade = ({ calls }: Run) => calls.filter(({ operation }) => operation === 'CreateLaunchTemplateVersion');

it('node groups with an AMI of their own move to the wanted one in a version of their own template, in which nothing else differs; one that CloudFormation keeps is told the change', async () => {
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleet), 'scenario'),
    synthesized: readSynthesizedStack(withImageRights()),
    policy: JSON.stringify(policy),
  });
  const { launchTemplates, eks } = run.account.fleet;
  const templateIds = ['own', 'named', 'stack'].map((name) => eks.nodeGroup('shop', name).launchTemplate?.id ?? '');
  await run.account.play(3 * HOUR);
  for (const name of ['own', 'named']) {
    expect(nodeGroupOf(run, 'shop', name)).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
    expect(incidentOf(run, 'shop', name)).toEqual(
      expect.arrayContaining([expect.stringContaining('upgrade-started'), expect.stringContaining('upgraded')]),
    );
  }
  expect(nodeGroupOf(run, 'shop', 'stack')).toMatchObject({ releaseVersion: OLD });
  const told = run.records.filter(
    ({ nodegroup, reason }) => nodegroup === 'stack' && reason === 'template-kept-as-code',
  );
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toContain(`ImageId ${NEW} instead of ${OLD}`);
  // Everything but the AMI is unchanged, including the snapshot of the second volume.
  for (const id of templateIds.slice(0, 2)) {
    const [before, after, ...more] = launchTemplates.get(id).versions.map(({ data }) => data);
    expect(more).toEqual([]);
    const { MetadataOptions: { State: _, ...options } = {}, ...same } = before ?? {};
    expect(after).toMatchObject({ ...same, ImageId: NEW, MetadataOptions: options });
    expect(after?.BlockDeviceMappings?.[1]?.Ebs?.SnapshotId).toMatch(/^snap-/);
  }
  expect(launchTemplates.get(templateIds[2] ?? '').versions).toHaveLength(1);
  expect(templatesMade(run)).toHaveLength(2);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  // IAM itself prevents changes of CloudFormation's templates, and of all templates where the setting is off.
  const context = { 'aws:ResourceTag/aws:cloudformation:stack-name': 'nodes' };
  const ofCode = templatesMade(run).map((call) => ({
    ...call,
    permissions: call.permissions.map((permission) => ({ ...permission, context })),
  }));
  expect(await deniedCalls(run.account, ofCode)).toHaveLength(2);
  const without = resourcesOf(templateOf({}), 'AWS::IAM::Role').filter(({ id }) => id.startsWith('UpgradeNodeGroups'));
  expect(without.length).toBeGreaterThan(0);
  expect(JSON.stringify(without)).not.toMatch(/CreateLaunchTemplateVersion|images\/\*/);
});

it.each(['disabledAt', 'deregisteredAt'])(
  'they move on from an AMI that nothing is launched from any more: %s',
  async (gone) => {
    const [old, ...newer] = fleet.images;
    const clusters = [{ name: 'shop', version: '1.33', nodeGroups: [group('own')] }];
    const run = await startRun({
      fleet: parseFleet(
        JSON.stringify({ ...fleet, clusters, images: [{ ...old, [gone]: '+1m' }, ...newer] }),
        'scenario',
      ),
      synthesized: readSynthesizedStack(withImageRights()),
      policy: JSON.stringify(policy),
      inProcess: true,
    });
    await run.account.play(4 * HOUR);
    expect(nodeGroupOf(run, 'shop', 'own')).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  },
);

it('a node group that somebody sets back to its former AMI is not moved there and back: people are told, until it names another', async () => {
  const clusters = [{ name: 'shop', version: '1.33', nodeGroups: [group('own')] }];
  const run = await startRun({
    fleet: parseFleet(JSON.stringify({ ...fleet, clusters }), 'scenario'),
    synthesized: readSynthesizedStack(withImageRights()),
    policy: JSON.stringify(policy),
    inProcess: true,
  });
  await run.account.play(4 * HOUR);
  const { id = '' } = run.account.fleet.eks.nodeGroup('shop', 'own').launchTemplate ?? {};
  // What Terraform does with its next run.
  const use = async (version: string) => {
    await clientsIn(run.account).eks.send(
      new UpdateNodegroupVersionCommand({
        clusterName: 'shop',
        nodegroupName: 'own',
        launchTemplate: { id, version },
      }),
    );
    await run.account.play(12 * HOUR);
  };
  await use('1');
  expect(run.calls.filter(({ operation }) => operation === 'UpdateNodegroupVersion')).toHaveLength(1);
  expect(nodeGroupOf(run, 'shop', 'own').releaseVersion).toBe(OLD);
  expect(incidentOf(run, 'shop', 'own').filter((told) => told.endsWith('set-back'))).toEqual([
    'refused template-set-back',
  ]);
  // The same by a version that Terraform makes, which takes the AMI for drift.
  run.account.fleet.launchTemplates.makeVersion(id, { ImageId: OLD }, { source: 2, description: 'terraform' });
  await use('3');
  expect(nodeGroupOf(run, 'shop', 'own').releaseVersion).toBe(OLD);
  expect(run.calls.filter(({ operation }) => operation === 'UpdateNodegroupVersion')).toHaveLength(1);
  await use('2');
  expect(nodeGroupOf(run, 'shop', 'own').releaseVersion).toBe(NEW);
  expect(incidentOf(run, 'shop', 'own').at(-1)).toMatch(/^done /);
});

it('in a rotation of the certificate authority, they get a version with the same data, with which EKS replaces their nodes', async () => {
  const parameter = '/eks-host-remediator/images/1.33';
  const rotated = {
    startsAt: '2026-07-14T00:00:00Z',
    images: [{ imageId: OLD, name: 'golden-eks-1.33-1', at: '-30d', parameter }],
    clusters: [
      {
        name: 'shop',
        version: '1.33',
        certificateAuthority: { endsAt: '+240d', successorAt: '+12h' },
        nodeGroups: [group('own'), group('stack', { 'aws:cloudformation:stack-name': 'nodes' })],
      },
    ],
  };
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(rotated), 'scenario'),
    synthesized: readSynthesizedStack(withImageRights()),
    policy: JSON.stringify({ upgrades: policy.upgrades, authorities: { mode: 'enforce' }, posture: { mode: 'off' } }),
  });
  const id = run.account.fleet.eks.nodeGroup('shop', 'own').launchTemplate?.id ?? '';
  await run.account.play(30 * HOUR);
  const [before, after, ...more] = run.account.fleet.launchTemplates.get(id).versions.map(({ data }) => data);
  const state = { MetadataOptions: { ...before?.MetadataOptions, State: 'pending' } };
  expect([after, more]).toEqual([{ ...before, ...state }, []]);
  const successorAt = Date.parse('2026-07-14T12:00:00Z');
  const launches = (name: string) =>
    nodeGroupOf(run, 'shop', name).nodes.map(({ launchedAt }) => Date.parse(launchedAt));
  expect(launches('own').every((at) => at > successorAt)).toBe(true);
  expect(incidentOf(run, 'shop', 'own').at(-1)).toBe('done upgraded');
  expect(launches('stack').every((at) => at < successorAt)).toBe(true);
  expect(incidentOf(run, 'shop', 'stack').at(-1)).toBe('refused template-kept-as-code');
  expect(templatesMade(run)).toHaveLength(1);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it.each([
  [6, NEW],
  [8, NEXT],
])(
  'a node group with an AMI of its own takes, %i days after an upgrade of the control plane, the AMI %s',
  async (days, imageId) => {
    const image = { ...policy.upgrades.image, mode: 'observe' };
    const run = await startRun({
      fleet: parseFleet(JSON.stringify(upgraded(days)), 'scenario'),
      synthesized: readSynthesizedStack(withImageRights()),
      policy: JSON.stringify({ ...policy, upgrades: { ...policy.upgrades, image } }),
    });
    await run.account.play(2 * HOUR);
    const told = run.records.find(({ reason }) => reason === 'would-upgrade');
    expect(told?.message).toContain(`from ${OLD} to ${imageId}`);
  },
);

const release = (at: string, releaseVersion: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
/** What lets an agent register, and no session reach it. */
const REGISTER = { Statement: { Effect: 'Allow', Action: 'ssm:UpdateInstanceInformation', Resource: '*' } };
const keyed = (name: string, tags: object = {}, change: object = {}) => ({
  name,
  desiredSize: 2,
  releaseVersion: '1.33.4-20260701',
  launchTemplate: { keyName: 'ops', tags },
  updates: { minutesPerNode: 2 },
  ...change,
});

it('with its next upgrade a node group gets a version of its own template without the key pair, after which the check of posture ends by itself; one that CloudFormation keeps, that has a silent agent or none that sessions reach, or a waiver, keeps it, is upgraded all the same, and says why', async () => {
  const [OLDER, NEWER] = ['1.33.4-20260701', '1.33.5-20260709'];
  const { image: _, ...upgrades } = policy.upgrades;
  const waiver = {
    id: 'W-7',
    check: 'SSH.2',
    nodegroup: 'waived',
    reason: 'break glass',
    who: 'ops',
    until: '2027-01-01',
  };
  const run = await startRun({
    fleet: parseFleet(
      JSON.stringify({
        startsAt: '2026-07-14T12:00:00Z',
        releases: [release('-9d', OLDER), release('+90m', NEWER)],
        clusters: [
          {
            name: 'shop',
            version: '1.33',
            nodeGroups: [
              keyed('own'),
              keyed('stack', { 'aws:cloudformation:stack-name': 'nodes' }),
              keyed('silent', {}, { ssm: { agent: 'stopped' } }),
              keyed('unreached', {}, { ssm: { managedPolicy: false, role: { policies: { register: REGISTER } } } }),
              keyed('waived'),
              keyed('watched'),
            ],
          },
        ],
      }),
      'scenario',
    ),
    synthesized: readSynthesizedStack(withImageRights()),
    policy: JSON.stringify({
      upgrades: { ...upgrades, concurrency: { perCluster: 6 }, keyPairs: { mode: 'enforce', templates: 'change' } },
      posture: { waivers: [waiver] },
      ...{ quarantine: { mode: 'off' }, imds: { mode: 'off' }, ssmAgent: { mode: 'off' } },
      overrides: [{ name: 'watch', match: { nodegroups: ['watched'] }, upgrades: { keyPairs: { mode: 'observe' } } }],
    }),
  });
  const groups = ['own', 'stack', 'silent', 'unreached', 'waived', 'watched'];
  await run.account.play(4 * HOUR);
  const { launchTemplates, eks, instances } = run.account.fleet;
  const keysOf = (name: string) => [
    ...new Set(
      instances
        .list()
        .flatMap(({ state, tags, keyName }) =>
          state === 'running' && tags.get('eks:nodegroup-name') === name ? [keyName] : [],
        ),
    ),
  ];
  for (const name of groups) {
    expect([name, nodeGroupOf(run, 'shop', name).releaseVersion]).toEqual([name, NEWER]);
    expect([name, ...keysOf(name)]).toEqual([name, name === 'own' ? undefined : 'ops']);
  }
  const started = (name: string) =>
    run.records.find(({ nodegroup, reason }) => nodegroup === name && reason === 'upgrade-started');
  const told = Object.fromEntries(groups.map((name) => [name, started(name)?.message ?? '']));
  expect(told.own).toMatch(
    /New nodes get no key pair: version 1 of its launch template own-nodes .* ops, .*way back is version 1\./,
  );
  expect(told.stack).toMatch(/managed by CloudFormation's stack nodes.*Make a version like 1 without KeyName there/);
  expect(told.silent).toMatch(/the SSM agent of i-\w+, i-\w+ does not answer/);
  expect(told.unreached).toMatch(/the SSM agent of i-\w+, i-\w+ does not answer, or has no connection for sessions/);
  expect(told.waived).toMatch(/waiver W-7 of the policy lets it be/);
  expect(told.watched).toMatch(/In mode enforce .* new nodes would get no key pair/);
  expect(started('own')?.details).toMatchObject({ keyPair: { keyName: 'ops', formerVersion: 1, outcome: 'left-out' } });
  // The version lacks only the key pair. The other versions keep theirs.
  const [before, after, ...more] = launchTemplates
    .get(eks.nodeGroup('shop', 'own').launchTemplate?.id ?? '')
    .versions.map(({ data }) => data);
  const { KeyName: _key, MetadataOptions: { State: _state, ...options } = {}, ...same } = before ?? {};
  expect([after, more]).toEqual([{ ...same, MetadataOptions: { ...options, State: 'pending' } }, []]);
  expect(templatesMade(run)).toHaveLength(1);
  expect(eks.nodeGroup('shop', 'own').launchTemplate).toMatchObject({ version: '2' });
  // The checks after the upgrades find no key, so SSH.2 has ended there.
  const posture = (name: string) =>
    run.records.filter(({ nodegroup, details }) => nodegroup === name && details?.check === 'SSH.2').at(-1)?.reason;
  expect(Object.fromEntries(groups.map((name) => [name, posture(name)]))).toMatchObject({ own: 'posture-passed' });
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});
