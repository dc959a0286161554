import { beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { setPolicy } from './quarantine.fixture.ts';
import { approvedRefreshes, ask, cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

const groupOf = ({ account }: Run, name: string) => {
  const found = account.fleet.autoScalingGroups.list().find((each) => each.name === name);
  if (found === undefined) throw new Error(`no group ${name}`);
  return found;
};
const imagesOf = (run: Run, name: string) => [
  ...new Set([...groupOf(run, name).members.values()].map(({ instance }) => instance.imageId)),
];
const versionsOf = (run: Run, name: string) =>
  run.account.fleet.launchTemplates.get(groupOf(run, name).launchTemplate.id).versions.map(({ data }) => data);
const storyOf = ({ records }: Run, name: string): string[] =>
  records
    .filter((record) => record.remediation === 'refresh-groups' && record.nodegroup === `self-managed:${name}`)
    .map(({ decision, reason }) => `${decision} ${reason}`);
const changing = ({ calls }: Run): string[] =>
  calls
    .filter(({ operation }) =>
      /^(StartInstanceRefresh|RollbackInstanceRefresh|CreateLaunchTemplateVersion|UpdateAutoScalingGroup)$/.test(
        operation,
      ),
    )
    .map(({ operation, input }) => `${operation} ${input.AutoScalingGroupName ?? ''}`.trim());

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

it('a self-managed group moves to the wanted AMI in a version of its own template in which nothing else differs, and is done once every node runs it', async () => {
  const run = await start({ fleet: fleet(cluster('shop', [group('web')])), policy: policy() });
  const [before] = versionsOf(run, 'shop-web');
  await run.account.play(4 * HOUR);
  expect(storyOf(run, 'shop-web')).toEqual(['acted refresh-started', 'done group-refreshed']);
  expect(imagesOf(run, 'shop-web')).toEqual([NEW]);
  expect(groupOf(run, 'shop-web').launchTemplate.version).toBe(2);
  const [same, after, ...more] = versionsOf(run, 'shop-web');
  expect(more).toEqual([]);
  expect(same).toEqual(before);
  const { MetadataOptions: { State: _, ...options } = {}, ...others } = before ?? {};
  expect(after).toMatchObject({
    ...others,
    ImageId: NEW,
    ...(before?.MetadataOptions && { MetadataOptions: options }),
  });
  expect(changing(run)).toEqual(['CreateLaunchTemplateVersion', 'StartInstanceRefresh shop-web']);
  await asExpected(run);
});

it('a self-managed group takes the AMI for the next Kubernetes version only once its control plane can not be rolled back any more', async () => {
  const NEXT = 'ami-0123456789abcdef2';
  const file = fleet(
    cluster('shop', [group('web')], { controlPlaneUpdates: [{ at: '+5h', version: '1.34' }] }),
    cluster('lab', [group('web')], {
      controlPlaneUpdates: [
        { at: '+5h', version: '1.34' },
        { at: '+20h', type: 'VersionRollback', version: '1.33', lasts: '5h' },
      ],
    }),
  );
  const next = { imageId: NEXT, name: 'golden-eks-1.34-1', at: '-1d', kubernetesVersion: '1.34' };
  const images = [...file.images, { ...next, parameter: '/eks-host-remediator/images/1.34' }];
  const run = await start({
    fleet: { ...file, images },
    policy: { ...policy(), upgrades: { mode: 'off', controlPlane: { followAfter: '16h' } } },
  });
  await run.account.play(20 * HOUR);
  expect(['shop-web', 'lab-web'].map((name) => imagesOf(run, name))).toEqual([[NEW], [NEW]]);
  await run.account.play(20 * HOUR);
  expect(['shop-web', 'lab-web'].map((name) => imagesOf(run, name))).toEqual([[NEXT], [NEW]]);
  expect(changing(run).filter((call) => call.startsWith('StartInstanceRefresh'))).toHaveLength(3);
  await asExpected(run);
});

it.each([
  ['and no other tells of it', false],
  ['which its instances have, too', true],
])('a group to which its owner gave a tag of EKS is left alone, and that is said: %s', async (_what, propagates) => {
  const [tagged, more] = [group('tagged', { terminationHooks: [] }), group('web')];
  const run = await start({
    fleet: fleet(cluster('shop', [tagged, more])),
    policy: { ...policy({ undrained: 'go' }), drains: { mode: 'enforce' } },
    inProcess: true,
  });
  Object.assign(groupOf(run, 'shop-tagged').tags, { 'eks:nodegroup-name': 'web' });
  for (const { instance } of propagates ? groupOf(run, 'shop-tagged').members.values() : []) {
    instance.tags.set('eks:nodegroup-name', 'web');
  }
  await run.account.play(4 * HOUR);
  expect(storyOf(run, 'shop-tagged')).toEqual(['refused group-operated']);
  const said = run.records.filter(({ nodegroup }) => nodegroup === 'self-managed:shop-tagged');
  expect(said.map(({ remediation, reason }) => `${remediation} ${reason}`)).toContain('drain-nodes cannot-drain');
  for (const { message } of said.filter(({ reason }) => /group-operated|cannot-drain/.test(reason))) {
    expect(message).toContain('has the tag eks:nodegroup-name');
  }
  expect(storyOf(run, 'shop-web')).toContain('done group-refreshed');
  await asExpected(run);
});

it.each(['disabledAt', 'deregisteredAt'])(
  'a group whose AMI is launched no more is left as it is, since no refresh could be rolled back, and that is said: %s',
  async (gone) => {
    const { images: [old, ...newer] = [], ...more } = fleet(cluster('shop', [group('web')]));
    const run = await start({
      fleet: { ...more, images: [{ ...old, [gone]: '+1m' }, ...newer] },
      policy: policy(),
      inProcess: true,
      play: '4h',
    });
    expect(storyOf(run, 'shop-web')).toEqual(['refused image-unclear']);
    const said = run.records.find(({ reason }) => reason === 'image-unclear')?.message;
    expect(said).toContain('Put an AMI that exists into the launch template, and replace its workers.');
    await asExpected(run);
  },
);

it('a template from whose latest version another group launches gets no version, until that group is given a number', async () => {
  const run = await start({
    fleet: fleet(cluster('shop', [group('web'), group('batch')])),
    policy: policy({ mode: 'off' }),
    inProcess: true,
    play: '5m',
  });
  const [web, batch] = [groupOf(run, 'shop-web'), groupOf(run, 'shop-batch')];
  Object.assign(batch, { launchTemplate: { ...web.launchTemplate }, launchesFrom: '$Latest' });
  setPolicy(run, JSON.stringify(policy()));
  await run.account.play(3 * HOUR);
  expect(storyOf(run, 'shop-web')).toEqual(['refused template-followed']);
  expect(storyOf(run, 'shop-batch')).toEqual(['refused group-floats']);
  expect(changing(run)).toEqual([]);
  Object.assign(batch, { launchesFrom: undefined });
  await run.account.play(5 * HOUR);
  expect(storyOf(run, 'shop-web')).toContain('done group-refreshed');
  await asExpected(run);
});

it('a group that somebody sets back to its former AMI is not moved there and back: people are told, until it names another', async () => {
  const run = await start({ fleet: fleet(cluster('shop', [group('web')])), policy: policy(), inProcess: true });
  await run.account.play(4 * HOUR);
  const web = groupOf(run, 'shop-web');
  const { instances } = run.account.fleet;
  const begun = changing(run);
  // Terraform without marks, and a worker that ends and comes back with the former AMI.
  Object.assign(web, { launchTemplate: { ...web.launchTemplate, version: 1 } });
  const [worker] = [...web.members.values()].map(({ instance }) => instance);
  if (worker === undefined) throw new Error('no worker');
  instances.terminate(worker, MINUTE, () => undefined);
  await run.account.play(12 * HOUR);
  expect(imagesOf(run, 'shop-web').toSorted()).toEqual([OLD, NEW]);
  expect(changing(run)).toEqual(begun);
  expect(storyOf(run, 'shop-web')).toEqual(['acted refresh-started', 'done group-refreshed', 'refused group-set-back']);
  // The same by a version that Terraform makes, which takes the AMI for drift.
  const { id } = web.launchTemplate;
  run.account.fleet.launchTemplates.makeVersion(id, { ImageId: OLD }, { source: 2, description: 'terraform' });
  Object.assign(web, { launchTemplate: { ...web.launchTemplate, version: 3 } });
  await run.account.play(6 * HOUR);
  expect([changing(run), storyOf(run, 'shop-web').at(-1)]).toEqual([begun, 'refused group-set-back']);
  // Its owner takes the version over.
  Object.assign(web, { launchTemplate: { ...web.launchTemplate, version: 2 } });
  await run.account.play(6 * HOUR);
  expect([imagesOf(run, 'shop-web'), storyOf(run, 'shop-web').at(-1)]).toEqual([[NEW], 'done group-refreshed']);
  await asExpected(run);
});

it('the end of a refresh whose event is lost is found within half an hour', async () => {
  const run = await start({ fleet: fleet(cluster('shop', [group('web')])), policy: policy(), inProcess: true });
  const { world } = run.account.fleet;
  const { emit } = world;
  const ended: number[] = [];
  world.emit = (event) => {
    if (!/Instance Refresh Succeeded$/.test(event.detailType)) return emit(event);
    ended.push(run.account.time.now);
  };
  await run.account.play(4 * HOUR);
  expect(ended).toHaveLength(1);
  const [told] = run.records.filter(({ reason }) => reason === 'group-refreshed');
  expect(Date.parse(told?.time ?? '') - (ended[0] ?? 0)).toBeLessThanOrEqual(HOUR / 2);
  await asExpected(run);
});

it('a group whose template names a placement group, a reservation and a license is moved with all of them', async () => {
  const run = await start({ fleet: fleet(cluster('shop', [group('web')])), policy: policy(), inProcess: true });
  const [first] = versionsOf(run, 'shop-web');
  const named = {
    KeyName: 'ops',
    Placement: { GroupName: 'close' },
    CapacityReservationSpecification: { CapacityReservationTarget: { CapacityReservationId: 'cr-0123456789abcdef0' } },
    LicenseSpecifications: [
      { LicenseConfigurationArn: 'arn:aws:license-manager:eu-central-1:444455556666:license-configuration:lic-1' },
    ],
  };
  Object.assign(first ?? {}, named);
  await run.account.play(4 * HOUR);
  expect(imagesOf(run, 'shop-web')).toEqual([NEW]);
  expect(versionsOf(run, 'shop-web')[1]).toMatchObject(named);
  await asExpected(run);
});

it('a refresh is rolled back once an alarm that the policy names is in ALARM, and told with that', async () => {
  const alarms = [{ name: 'errors', changes: [{ at: '+80m', state: 'ALARM' }] }];
  const watched = { ...fleet(cluster('shop', [group('web')])), alarms };
  const run = await start({ fleet: watched, policy: policy({ alarms: ['errors'], bakeTime: '2h' }), inProcess: true });
  await run.account.play(6 * HOUR);
  expect(imagesOf(run, 'shop-web')).toEqual([OLD]);
  expect(storyOf(run, 'shop-web').slice(-2)).toEqual(['failed refresh-failed', 'refused refresh-halted']);
  const told = run.records.find(({ reason }) => reason === 'refresh-failed');
  expect(told?.message).toMatch(/RollbackSuccessful.*alarm/);
  await asExpected(run);
});

describe('a cluster with groups of every kind', () => {
  let run: Run;
  const refused = {
    latest: [{ launchesFrom: '$Latest' }, 'refused group-floats'],
    config: [{ launchesFrom: 'launch-configuration' }, 'refused group-has-launch-configuration'],
    mixed: [{ launchesFrom: 'mixed-instances' }, 'refused group-is-mixed'],
    byneed: [{ launchesFrom: 'instance-requirements' }, 'refused group-is-mixed'],
    stopped: [{ suspendedProcesses: ['Terminate'] }, 'refused group-suspended'],
    undrained: [{ terminationHooks: [] }, 'refused nobody-drains'],
    code: [{}, 'refused template-is-code'],
    operated: [{ managedBy: 'mwaa.amazonaws.com' }, 'refused group-operated'],
    leased: [{ launchTemplateManagedBy: 'mwaa.amazonaws.com' }, 'refused group-operated'],
  } as const;
  beforeAll(async () => {
    const groups = [
      group('good'),
      group('broken', { brokenImages: [NEW] }),
      group('protected', { protectsInstances: true }),
      ...Object.entries(refused).map(([name, [more]]) => group(name, more)),
    ];
    const managed = { nodeGroups: [{ name: 'managed', desiredSize: 1, releaseVersion: '1.33.12-20260625' }] };
    run = await start({ fleet: fleet(cluster('all', groups, managed)), policy: policy(), inProcess: true });
    run.account.fleet.launchTemplates.get(groupOf(run, 'all-code').launchTemplate.id).tags.set('terraform', 'true');
    await run.account.play(8 * HOUR);
  });

  it('moves the one that can be moved', () => {
    expect(imagesOf(run, 'all-good')).toEqual([NEW]);
    expect(storyOf(run, 'all-good').at(-1)).toBe('done group-refreshed');
  });

  it.each(Object.entries(refused))('leaves %s as it is, and says why, once', (name, [, told]) => {
    expect(storyOf(run, `all-${name}`)).toEqual([told]);
    expect(imagesOf(run, `all-${name}`)).toEqual([OLD]);
  });

  it('rolls back by itself where the new AMI does not come up, runs the old version, and begins no second time', () => {
    expect(imagesOf(run, 'all-broken')).toEqual([OLD]);
    expect(groupOf(run, 'all-broken').launchTemplate.version).toBe(1);
    expect(storyOf(run, 'all-broken').slice(-2)).toEqual(['failed refresh-failed', 'refused refresh-halted']);
    const [before, after] = versionsOf(run, 'all-broken');
    expect({ ...after, ImageId: OLD }).toEqual(before);
  });

  it('says which workers a successful refresh left behind', () => {
    const told = run.records.find(({ nodegroup, reason }) => {
      return nodegroup === 'self-managed:all-protected' && reason === 'refresh-incomplete';
    });
    expect(told).toMatchObject({ decision: 'failed', message: expect.stringContaining('(protected)') });
  });

  it('tells the change of a template that is kept as code, in full', () => {
    const told = run.records.find(({ reason }) => reason === 'template-is-code');
    expect(told?.message).toMatch(
      /terraform.*lt-0\w+\. The change: in version 1, ImageId from ami-\w+0 .* to ami-\w+1/,
    );
  });

  it('begins refreshes of these three only, of no managed node group, and once each', () => {
    expect(
      changing(run)
        .filter((each) => each.startsWith('Start'))
        .sort(),
    ).toEqual(['broken', 'good', 'protected'].map((name) => `StartInstanceRefresh all-${name}`));
  });

  it('asks for nothing that its role does not allow, and loses nothing', () => asExpected(run));

  it('has no right to change what CloudFormation keeps, nor groups of managed node groups', async () => {
    for (const tag of ['aws:cloudformation:stack-name', 'eks:nodegroup-name']) {
      const context = { [`aws:ResourceTag/${tag}`]: 'x' };
      const calls = run.calls
        .filter(({ operation }) => /^(StartInstanceRefresh|CreateLaunchTemplateVersion)$/.test(operation))
        .map((call) => ({
          ...call,
          permissions: call.permissions.map((each) => ({ ...each, context: { ...each.context, ...context } })),
        }));
      expect(calls.length).toBeGreaterThan(0);
      expect(new Set(await deniedCalls(run.account, calls)).size).toBeGreaterThan(0);
    }
  });
});

describe('in mode observe', () => {
  it('proposes and changes nothing; what is approved is done, and what is rejected goes back, done or on its way', async () => {
    const run = await approvedRefreshes({ inProcess: true });
    for (const name of ['approved', 'stopped', 'ignored', 'claimed', 'latest']) {
      expect(storyOf(run, `calm-${name}`)[0]).toBe('would-act would-refresh');
    }
    expect(storyOf(run, 'calm-ignored')).toEqual(['would-act would-refresh']);
    expect(imagesOf(run, 'calm-approved')).toEqual([NEW]);
    // The group is pinned first, and then moved by the same approval, so the refresh can be rolled back.
    expect(storyOf(run, 'calm-latest').filter((line) => !line.startsWith('waiting'))).toEqual([
      'would-act would-refresh',
      'acted group-pinned',
      'acted refresh-started',
      'done group-refreshed',
    ]);
    expect(imagesOf(run, 'calm-latest')).toEqual([NEW]);
    expect(groupOf(run, 'calm-latest').launchesFrom).toBeUndefined();
    expect(imagesOf(run, 'calm-stopped')).toEqual([OLD]);
    expect(imagesOf(run, 'calm-ignored')).toEqual([OLD]);
    expect(storyOf(run, 'calm-stopped').slice(-3)).toEqual([
      'acted refresh-undoing',
      'done refresh-undone',
      'skipped proposal-rejected',
    ]);
    await ask(run, 'reject', 'calm-approved');
    await run.account.play(3 * HOUR);
    expect(imagesOf(run, 'calm-approved')).toEqual([OLD]);
    expect(groupOf(run, 'calm-approved').launchTemplate.version).toBe(1);
    expect(storyOf(run, 'calm-approved').slice(-2)).toEqual(['done refresh-undone', 'skipped proposal-rejected']);
    expect(changing(run)).toContain('RollbackInstanceRefresh calm-stopped');
    await asExpected(run);
  });
});

describe('a group that no worker names any more', () => {
  it('is followed to the end of its refresh after it was scaled to zero, and the next one starts', async () => {
    const groups = [group('first'), group('second')];
    const one = policy({ concurrency: { perCluster: 1, perAccount: 1 } });
    const run = await start({ fleet: fleet(cluster('shop', groups)), policy: one, inProcess: true });
    await run.account.play(70 * MINUTE);
    const started = () => changing(run).filter((each) => each.startsWith('Start'));
    expect(started()).toHaveLength(1);
    const [name = ''] = started().map((each) => each.split(' ')[1]);
    const emptied = groupOf(run, name);
    Object.assign(emptied, { min: 0, desired: 0, suspended: new Set(['Launch']) });
    run.account.fleet.autoScalingGroups.settle(emptied);
    await run.account.play(20 * MINUTE);
    for (const { instance } of emptied.members.values()) {
      run.account.fleet.autoScalingGroups.terminate(emptied, instance, 0);
    }
    await run.account.play(8 * HOUR);
    expect(emptied.members.size).toBe(0);
    expect(storyOf(run, name)).toContain('failed refresh-failed');
    expect(started()).toHaveLength(2);
    await asExpected(run);
  });

  it('is answered where an operator asks about it, and so is one of another cluster by the same name', async () => {
    const clusters = [cluster('shop', [group('web')]), cluster('other', [group('x')])];
    const run = await start({ fleet: fleet(...clusters), policy: policy({ mode: 'observe' }), inProcess: true });
    await run.account.play(65 * MINUTE);
    await ask(run, 'approve', 'shop-nothing');
    await ask(run, 'approve', 'shop-web', 'other');
    const refused = (clusterName: string, nodegroup: string) =>
      run.records.filter((each) => each.cluster === clusterName && each.nodegroup === `self-managed:${nodegroup}`);
    for (const told of [refused('shop', 'shop-nothing'), refused('other', 'shop-web')]) {
      expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(['refused request-refused']);
    }
    await run.account.play(HOUR);
    expect([changing(run), imagesOf(run, 'shop-web')]).toEqual([[], [OLD]]);
    await asExpected(run);
  });
});
