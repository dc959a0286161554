import { describe, expect, it } from 'vitest';
import type { Run } from '../../sandbox/play.ts';
import { HOUR, playThrough, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { cluster, messagesOf, notified, policy, told, versions } from './watching.fixture.ts';

describe('the certificate authority of a cluster', () => {
  it('is told of where nodes run from before its successor, once', async () => {
    const nodeGroups = [
      { name: 'web', amiType: 'AL2023_x86_64_STANDARD', desiredSize: 2, releaseVersion: '1.34.1-20260601' },
    ];
    const certificateAuthority = { endsAt: '+700d', successorAt: '+12h' };
    const run = await playThrough({
      fleet: {
        ...versions,
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
    ...versions,
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
        // The order and a sweep come in the same second, so that a group may be looked at before it is ordered. The first
        // wave takes longer than the time until the next sweep, which finds the second one waiting for it.
        refreshes: { ...replacing.refreshes, bakeTime: '1h' },
        overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
        authorities: { mode: 'enforce' },
      },
      play: '49h',
      inProcess: true,
    });
    const refreshed = run.records.filter(
      ({ remediation, reason }) => remediation === 'refresh-groups' && reason !== 'refresh-under-way',
    );
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
