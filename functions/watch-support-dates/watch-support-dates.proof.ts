import { describe, expect, it } from 'vitest';
import { detailType, sample } from '../../events/health-planned-lifecycle.ts';
import type { Run } from '../../sandbox/play.ts';
import { deadLetterCount, HOUR, playThrough, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';

const cluster = (name: string, version: string, others: object = {}) => ({ name, version, nodeGroups: [], ...others });
const fleet = {
  startsAt: '2026-07-01T00:00:00Z',
  kubernetesVersions: [
    { version: '1.31', endOfStandardSupport: '2025-11-26T00:00:00Z', endOfExtendedSupport: '2026-11-26T00:00:00Z' },
    { version: '1.33', endOfStandardSupport: '2026-07-29T00:00:00Z', endOfExtendedSupport: '2027-07-29T00:00:00Z' },
    { version: '1.34', endOfStandardSupport: '2026-12-02T00:00:00Z', endOfExtendedSupport: '2027-12-02T00:00:00Z' },
  ],
  clusters: [
    cluster('extended', '1.33'),
    cluster('standard', '1.33', { supportType: 'STANDARD' }),
    cluster('upgraded', '1.33', { controlPlaneUpdates: [{ at: '+30h', type: 'VersionUpdate', version: '1.34' }] }),
    cluster('old', '1.31'),
    cluster('left-alone', '1.31', { tags: { 'eks-host-remediator:ignore': '' } }),
  ],
};

const off = { mode: 'off' };
const policy = {
  upgrades: off,
  refreshes: off,
  ssmAgent: off,
  quarantine: off,
  findings: off,
  posture: off,
  imds: off,
};

const told = ({ records }: Run) =>
  records
    .filter(({ remediation }) => remediation === 'watch-support-dates')
    .map(({ cluster, decision, reason, time }) => `${time.slice(5, 10)} ${cluster} ${decision} ${reason}`)
    .toSorted();
const messagesOf = ({ records }: Run, cluster: string): string[] =>
  records.flatMap((record) =>
    record.remediation === 'watch-support-dates' && record.cluster === cluster ? [record.message] : [],
  );

/** The number of messages that people got about a cluster. */
const notified = ({ account }: Run, cluster: string): number =>
  account.sns.published.filter(({ subject }) => subject?.includes(` ${cluster}:`)).length;

describe('the support of the Kubernetes versions of clusters', () => {
  it('is told of, again two weeks before it ends, until the control plane is upgraded', async () => {
    const run = await playThrough({
      fleet: { ...fleet, startsAt: '2026-07-13T00:00:00Z' },
      policy,
      play: '3d',
      inProcess: true,
    });
    expect(told(run)).toEqual([
      '07-14 extended refused support-ends',
      '07-14 old refused extended-support',
      '07-14 standard refused support-ends',
      '07-14 upgraded refused support-ends',
      '07-15 extended refused support-ends-soon',
      '07-15 standard refused support-ends-soon',
      '07-15 upgraded done support-lasts',
    ]);
    expect(messagesOf(run, 'standard')).toEqual(
      Array(2).fill(
        'Standard support of Kubernetes 1.33 ends on 2026-07-29. EKS then upgrades the control plane by itself, since the cluster is set to standard support.',
      ),
    );
    expect(messagesOf(run, 'extended').at(-1)).toBe(
      'Standard support of Kubernetes 1.33 ends on 2026-07-29. From then on AWS charges more for each hour of the cluster, until extended support ends on 2027-07-29.',
    );
    expect(messagesOf(run, 'old').at(-1)).toBe(
      'Kubernetes 1.31 has been in extended support since 2025-11-26: AWS charges more for each hour of the cluster. It ends on 2026-11-26.',
    );
    expect(notified(run, 'standard')).toBe(2);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is told of when it has ended', async () => {
    const run = await playThrough({
      fleet: { ...fleet, startsAt: '2026-07-27T12:00:00Z', clusters: fleet.clusters.slice(0, 2) },
      policy,
      play: '3d',
      inProcess: true,
    });
    expect(told(run).filter((line) => line.startsWith('07-29'))).toEqual([
      '07-29 extended done support-told-before',
      '07-29 extended refused extended-support',
      '07-29 standard refused support-ended',
    ]);
    expect(messagesOf(run, 'standard').at(-1)).toBe(
      'Standard support of Kubernetes 1.33 ended on 2026-07-29. EKS upgrades the control plane by itself, on a day of its own choice.',
    );
    expect(notified(run, 'standard')).toBe(2);
    // The incident of standard support ended, and that of extended support began.
    expect(notified(run, 'extended')).toBe(3);
  });
});

describe('the certificate authority of a cluster', () => {
  it('is told of where nodes run from before its successor, once', async () => {
    const nodeGroups = [
      { name: 'web', amiType: 'AL2023_x86_64_STANDARD', desiredSize: 2, releaseVersion: '1.34.1-20260601' },
    ];
    const certificateAuthority = { endsAt: '+700d', successorAt: '+12h' };
    const run = await playThrough({
      fleet: {
        ...fleet,
        clusters: [
          cluster('rotating', '1.34', { nodeGroups, certificateAuthority }),
          cluster('steady', '1.34', { nodeGroups }),
          cluster('left-alone', '1.34', {
            tags: { 'eks-host-remediator:ignore': '' },
            nodeGroups,
            certificateAuthority,
          }),
        ],
      },
      policy,
      play: '2d',
      inProcess: true,
    });
    expect(told(run)).toEqual(['07-02 rotating refused authority-nodes']);
    expect(messagesOf(run, 'rotating')).toEqual([
      "A successor of the cluster's certificate authority was added on 2026-07-01. EKS may activate it from 2027-12-01 on. 2 nodes were launched before that, without trust in it: web (2). Replace them before.",
    ]);
    expect(notified(run, 'rotating')).toBe(1);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});

describe('the rotation of a certificate authority', () => {
  const [IMAGE, NEWER] = ['ami-0123456789abcdef0', 'ami-0123456789abcdef1'];
  const linux = { kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD' };
  const bootstrap = '#!/bin/bash\nTOKEN=hunter2\n/etc/eks/bootstrap.sh shop --b64-cluster-ca {certificateAuthority}\n';
  const nodeConfig = '---\nkind: NodeConfig\nspec:\n  cluster:\n    certificateAuthority: {certificateAuthority}\n';
  const certificateAuthority = { endsAt: '+700d', successorAt: '+12h' };
  const batch = { name: 'batch', size: 2, maxSize: 4, imageId: IMAGE, terminationHooks: [{ name: 'drain' }] };
  const rotating = {
    ...fleet,
    images: [
      { imageId: IMAGE, name: 'golden-eks-1.34-1', at: '-30d' },
      { imageId: NEWER, name: 'golden-eks-1.34-2', at: '+50h', parameter: '/eks-host-remediator/images/1.34' },
    ],
    releases: [
      { ...linux, at: '-10d', releaseVersion: '1.34.1-20260621' },
      { ...linux, at: '+50h', releaseVersion: '1.34.1-20260703' },
    ],
    clusters: [
      cluster('shop', '1.34', {
        certificateAuthority,
        nodeGroups: [{ name: 'web', desiredSize: 2 }],
        selfManagedGroups: [{ ...batch, userData: bootstrap }],
      }),
      cluster('lab', '1.34', {
        certificateAuthority,
        nodeGroups: [
          { name: 'own', amiType: 'CUSTOM', desiredSize: 1, launchTemplate: { imageId: IMAGE, userData: nodeConfig } },
        ],
        selfManagedGroups: [
          { ...batch, name: 'empty', size: 0, userData: bootstrap },
          { ...batch, name: 'former', size: 1, launchesFrom: 'launch-configuration', userData: bootstrap },
        ],
      }),
    ],
  };
  const replacing = {
    ...policy,
    upgrades: { mode: 'enforce', bakeAge: '1m' },
    refreshes: {
      mode: 'enforce',
      templates: 'change',
      wanted: { ssmParameter: '/eks-host-remediator/images/{kubernetesVersion}' },
      bakeAge: '1m',
      checkpoints: [],
      bakeTime: '10m',
    },
  };
  /** A cluster with one self-managed group, which runs the wanted AMI. */
  const due = (endsAt: string, selfManagedGroup: object) => ({
    ...rotating,
    images: [{ imageId: IMAGE, name: 'golden-eks-1.34-1', at: '-30d', parameter: '/eks-host-remediator/images/1.34' }],
    clusters: [
      {
        ...rotating.clusters[0],
        certificateAuthority: { ...certificateAuthority, endsAt },
        nodeGroups: [],
        selfManagedGroups: [selfManagedGroup],
      },
    ],
  });
  const of = (run: Run, cluster: string, nodegroup?: string) =>
    run.records.filter(
      (record) =>
        record.remediation === 'watch-support-dates' && record.cluster === cluster && record.nodegroup === nodegroup,
    );
  const reasonsOf = (run: Run, cluster: string, nodegroup?: string) =>
    of(run, cluster, nodegroup).map(({ time, decision, reason }) => `${time.slice(5, 10)} ${decision} ${reason}`);

  it('names the user data to change with the value, and is complete once upgrade and refresh have replaced all nodes', async () => {
    const run = await start({ fleet: rotating, policy: replacing, play: '25h', inProcess: true });
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-nodes']);
    expect(reasonsOf(run, 'shop', 'self-managed:shop-batch')).toEqual(['07-02 refused authority-in-user-data']);
    const [told] = of(run, 'shop', 'self-managed:shop-batch');
    expect(told?.message).toMatch(
      /^User data in version 1 of launch template shop-batch .*--b64-cluster-ca of bootstrap/,
    );
    expect(reasonsOf(run, 'lab', 'own')).toEqual(['07-02 refused authority-in-user-data']);
    expect(of(run, 'lab', 'own')[0]?.message).toMatch(/launch template own-nodes .*certificateAuthority of NodeConfig/);
    expect(reasonsOf(run, 'lab', 'self-managed:lab-empty')).toEqual(['07-02 refused authority-in-user-data']);
    const former = 'self-managed:lab-former';
    expect(reasonsOf(run, 'lab', former)).toEqual(['07-02 refused authority-in-user-data']);
    expect(of(run, 'lab', former)[0]?.message).toMatch(/^User data in launch configuration lab-former holds/);

    // The owners put the value of the record into a new version, and into another launch configuration.
    const change = (groupName: string, value: unknown): void => {
      const group = run.account.fleet.autoScalingGroups.list().find(({ name }) => name === groupName);
      if (group === undefined || typeof value !== 'string') throw new Error('There is no group, or no value.');
      const { id } = group.launchTemplate;
      const UserData = Buffer.from(bootstrap.replace('{certificateAuthority}', value)).toString('base64');
      run.account.fleet.launchTemplates.makeVersion(id, { UserData }, { source: 1, description: 'by its owner' });
      group.launchTemplate.version = 2;
    };
    change('shop-batch', told?.details?.value);
    change('lab-former', of(run, 'lab', former)[0]?.details?.value);
    await run.account.play(24 * HOUR);
    expect(reasonsOf(run, 'lab', former).slice(1)).toEqual(['07-03 done user-data-trusts']);
    expect(reasonsOf(run, 'shop', 'self-managed:shop-batch').slice(1)).toEqual(['07-03 done user-data-trusts']);
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-nodes']);

    await run.account.play(24 * HOUR);
    expect(reasonsOf(run, 'shop').slice(1)).toEqual(['07-04 done authority-complete']);
    expect(of(run, 'shop').at(-1)?.message).toMatch(/^All 4 nodes that EC2 shows were launched after/);
    // The nodes of the other cluster were not replaced: nobody changed its templates, or refreshed its other group.
    expect(reasonsOf(run, 'lab')).toEqual(['07-02 refused authority-nodes']);
    expect(JSON.stringify(run.records)).not.toContain('hunter2');
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('names the user data of an EC2NodeClass that steer-node-classes saw, and who keeps it, until it trusts', async () => {
    const AL2023 = { kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD' };
    const run = await start({
      fleet: {
        ...rotating,
        releases: [{ ...AL2023, at: '-10d', releaseVersion: '1.34.1-20260621' }],
        clusters: [
          cluster('shop', '1.34', {
            certificateAuthority,
            accessEntries: [{ function: 'steer-node-classes', kubernetesGroups: ['eks-host-remediator-node-classes'] }],
            karpenterNodeClasses: [
              {
                name: 'default',
                amiSelectorTerms: [{ alias: 'al2023@v20260621' }],
                userData: nodeConfig,
                annotations: { 'argocd.argoproj.io/tracking-id': 'infra' },
              },
            ],
            karpenterNodePools: [{ name: 'general', size: 1, releaseVersion: '1.34.1-20260621' }],
          }),
        ],
      },
      policy,
      play: '25h',
      inProcess: true,
    });
    const ofClass = 'ec2nodeclass:default';
    expect(reasonsOf(run, 'shop', ofClass)).toEqual(['07-02 refused authority-in-user-data']);
    const [told] = of(run, 'shop', ofClass);
    expect(told?.message).toBe(
      'User data in EC2NodeClass default holds a former certificate authority of the cluster, and not the newest: spec.cluster.certificateAuthority of NodeConfig. The class is managed by Argo CD. Put there what EKS gives, with both authorities (details.value).',
    );
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-nodes']);
    const [nodeClass] = run.account.fleet.karpenter.get('shop')?.classes ?? [];
    const { value } = told?.details ?? {};
    if (nodeClass === undefined || typeof value !== 'string') throw new Error('There is no class, or no value.');
    nodeClass.userData = nodeConfig.replace('{certificateAuthority}', value);
    await run.account.play(24 * HOUR);
    expect(reasonsOf(run, 'shop', ofClass).slice(1)).toEqual(['07-03 done user-data-trusts']);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is due before EKS may activate the successor, by the margin of the policy, with what replaces each group', async () => {
    const run = await playThrough({
      fleet: {
        ...rotating,
        clusters: [{ ...rotating.clusters[0], certificateAuthority: { ...certificateAuthority, endsAt: '+240d' } }],
      },
      policy: { ...policy, authorities: { margin: '57d' } },
      play: '49h',
      inProcess: true,
    });
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-due']);
    expect(of(run, 'shop')[0]?.details?.replace).toEqual({
      web: 'aws eks update-nodegroup-version --cluster-name shop --nodegroup-name web',
      'self-managed:shop-batch': expect.stringContaining('--auto-scaling-group-name shop-batch '),
    });
  });

  it('has refresh-groups replace nodes that are due with the AMI that they run, and is complete then', async () => {
    const run = await playThrough({
      fleet: due('+240d', batch),
      policy: { ...replacing, authorities: { mode: 'enforce' } },
      play: '49h',
      inProcess: true,
    });
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-due', '07-03 done authority-complete']);
    expect(of(run, 'shop')[0]?.message).toMatch(
      /refresh-groups was ordered to replace those of self-managed:shop-batch/,
    );
    const refreshed = run.records.filter(({ remediation }) => remediation === 'refresh-groups');
    expect(refreshed.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual([
      'acted refresh-started',
      'done group-refreshed',
    ]);
    expect(refreshed[0]?.message).toContain('They do not trust the newest certificate authority of the cluster.');
    expect(refreshed[0]?.calls.map(({ operation }) => operation)).toEqual(['StartInstanceRefresh']);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('has them replaced wave by wave, and waits for no release in that', async () => {
    const [shop] = rotating.clusters;
    const run = await playThrough({
      fleet: {
        ...rotating,
        images: [
          { imageId: IMAGE, name: 'golden-eks-1.34-1', at: '-30d', parameter: '/eks-host-remediator/images/1.34' },
        ],
        clusters: ['canary', 'prod'].map((name) => ({
          ...shop,
          name,
          certificateAuthority: { ...certificateAuthority, endsAt: '+240d' },
          nodeGroups: [],
          selfManagedGroups: [batch],
        })),
      },
      policy: {
        ...replacing,
        upgrades: { ...replacing.upgrades, waves: ['canary', 'prod'], bakeBetween: '20d' },
        overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
        authorities: { mode: 'enforce' },
      },
      play: '49h',
      inProcess: true,
    });
    const refreshed = run.records.filter(({ remediation }) => remediation === 'refresh-groups');
    expect(refreshed.map(({ cluster, decision, reason }) => `${cluster} ${decision} ${reason}`)).toEqual([
      'canary acted refresh-started',
      'prod waiting earlier-wave',
      'canary done group-refreshed',
      'prod acted refresh-started',
      'prod done group-refreshed',
    ]);
    expect(reasonsOf(run, 'prod').at(-1)).toBe('07-03 done authority-complete');
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('tells what keeps a replacement that is late: here nobody drains, and the day of activation is near', async () => {
    const { terminationHooks: _, ...undrained } = batch;
    const run = await playThrough({
      fleet: due('+190d', undrained),
      policy: { ...replacing, authorities: { mode: 'enforce' } },
      play: '73h',
      inProcess: true,
    });
    expect(reasonsOf(run, 'shop')).toEqual(['07-02 refused authority-due', '07-04 refused authority-late']);
    expect(of(run, 'shop').at(-1)?.message).toMatch(/what keeps it: self-managed:shop-batch \(nobody-drains\)\.$/);
    const held = run.records.filter(({ remediation }) => remediation === 'refresh-groups');
    expect(held.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(Array(2).fill('refused nobody-drains'));
    expect(held.map(({ message }) => message.includes('late'))).toEqual([false, true]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is not told where the policy says off', async () => {
    const off = { ...policy, authorities: { mode: 'off' } };
    const run = await playThrough({ fleet: rotating, policy: off, play: '25h', inProcess: true });
    expect(told(run)).toEqual([]);
  });
});

describe('what AWS Health plans for clusters', () => {
  const planned = (clusters: readonly string[], others: object = {}) => ({
    ...sample,
    'detail-type': detailType,
    detail: {
      ...sample.detail,
      affectedEntities: clusters.map((name) => ({
        entityValue: `arn:aws:eks:eu-central-1:111122223333:cluster/${name}`,
        status: 'PENDING',
      })),
      ...others,
    },
  });

  it('is not lost where the policy is invalid or the function dies: it waits in a dead-letter queue', async () => {
    const run = await start({ fleet, policy: '{', play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old']));
    await run.account.play(HOUR);
    expect(told(run)).toEqual([]);
    expect(deadLetterCount(run)).toBe(1);
  });

  it('is told with the support although the section about authorities is invalid, which an alarm tells', async () => {
    const ending = { authorities: { margin: 'soon' }, scope: { clusters: ['old'] } };
    const run = await start({ fleet, policy: { ...policy, ...ending }, play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old', 'standard']));
    await run.account.play(HOUR);
    expect(told(run)).toEqual(['07-01 old refused change-planned', '07-01 old refused extended-support']);
    expect(deadLetterCount(run)).toBe(0);
    const published = run.account.cloudWatch.metrics.published.map(({ id }) => id.name);
    expect(published).toContain('PolicyInvalid');
  });

  it('ends with the cluster, takes no older word for a newer one, and stays beside what is told of support', async () => {
    const run = await start({ fleet, policy, play: '1h', inProcess: true });
    const closed = { statusCode: 'closed' };
    const send = async (detail: object, id: string, time: string) => {
      await run.account.putEvent({ ...planned(['old'], detail), id: `9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d${id}`, time });
      await run.account.play(HOUR);
    };
    await send({}, '41', '2026-07-14T18:00:00Z');
    await send(closed, '42', '2026-07-14T20:00:00Z');
    await send({}, '43', '2026-07-14T19:00:00Z');
    expect(told(run)).toEqual([
      '07-01 extended refused support-ends',
      '07-01 old done change-over',
      '07-01 old refused change-planned',
      '07-01 old refused extended-support',
      '07-01 standard refused support-ends',
      '07-01 upgraded refused support-ends',
    ]);
    // A past plan does not hide a present one.
    const checks = run.records.filter(({ cluster }) => cluster === 'old').map(({ details }) => details?.check);
    expect(new Set(checks).size).toBe(2);
  });

  it('is told once for each cluster that is there and is not left alone, and ends when AWS Health closes it', async () => {
    const run = await start({ fleet, policy, play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old', 'missing', 'left-alone']));
    await run.account.play(HOUR);
    await run.account.putEvent({ ...planned(['old']), id: '9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d32' });
    await run.account.play(HOUR);
    const health = () => told(run).filter((line) => line.includes('change-'));
    expect(health()).toEqual(['07-01 old refused change-planned']);
    expect(messagesOf(run, 'old')).toContain(
      'AWS Health plans AWS_EKS_PLANNED_LIFECYCLE_EVENT for the cluster. It begins on 2026-07-29.',
    );
    const closed = planned(['old'], { statusCode: 'closed' });
    await run.account.putEvent({ ...closed, id: '9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d33' });
    await run.account.play(HOUR);
    expect(health()).toEqual(['07-01 old done change-over', '07-01 old refused change-planned']);
    expect(run.errors).toEqual([]);
  });
});
