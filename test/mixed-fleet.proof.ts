import { beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, nodeGroupOf, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  CLUSTERS,
  claimsOf,
  everyKind,
  exceeded,
  FORMER,
  groupsOf,
  LATER,
  LATER_ALIAS,
  MOVED,
  othersHosts,
  REFUSED,
} from './mixed-fleet.fixture.ts';
import { fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

/** What ends an upgrade or a refresh. */
const ENDED: ReadonlySet<string> = new Set(['upgraded', 'group-refreshed']);

const LOOK = MINUTE / 4;

describe('a fleet of every kind of host, in two waves', () => {
  let run: Run;
  let before: readonly string[];
  const overBudget: string[] = [];
  const toldAt = (subject: string, reason: string): number => {
    const told = run.records.find((each) => `${each.cluster}/${each.nodegroup}` === subject && each.reason === reason);
    return told === undefined ? Number.NaN : Date.parse(told.time);
  };
  /** When a class was first told to be pinned to the later release, with no node left that has drifted. */
  const currentAt = (subject: string): number => {
    const told = run.records.find(
      ({ cluster: name, nodegroup, reason, message }) =>
        `${name}/${nodegroup}` === subject && reason === 'node-class-current' && message.includes(LATER_ALIAS),
    );
    return told === undefined ? Number.NaN : Date.parse(told.time);
  };
  const toldOf = (name: string, self: string): string[] =>
    run.records
      .filter(
        ({ remediation, nodegroup }) =>
          remediation === 'refresh-groups' && nodegroup === `self-managed:${name}-${self}`,
      )
      .map(({ decision, reason }) => `${decision} ${reason}`);
  beforeAll(async () => {
    const { releases, ...others } = fleet(
      everyKind('canary', [
        group('latest', { launchesFrom: '$Latest' }),
        ...Object.entries(REFUSED).map(([name, [more]]) => group(name, more)),
      ]),
      everyKind('prod'),
    );
    const later = { at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: LATER };
    const { refreshes, ...modes } = policy({ floating: 'pin', concurrency: { perCluster: 1, perAccount: 1 } });
    run = await start({
      inProcess: true,
      fleet: { ...others, releases: [...releases, later] },
      policy: {
        ...modes,
        refreshes,
        drains: { mode: 'enforce' },
        nodeClasses: { mode: 'enforce', bakeAge: '1m' },
        upgrades: {
          bakeAge: '1m',
          waves: ['canary', 'prod'],
          bakeBetween: '4h',
          image: { mode: 'enforce', templates: 'change', wanted: refreshes.wanted },
        },
        overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
      },
    });
    before = othersHosts(run);
    // A pod that is evicted has another one in its place within a minute, so that each look comes before that.
    for (let played = 0; played < 12 * HOUR; played += LOOK) {
      await run.account.play(LOOK);
      overBudget.push(...exceeded(run));
      // Whoever keeps the class of the canary as code commits what was proposed.
      if (played === 3 * HOUR) {
        const karpenter = run.account.fleet.karpenter.get('canary');
        const kept = karpenter?.classes.find(({ name }) => name === 'kept');
        if (kept !== undefined) karpenter?.write(kept, { terms: [{ alias: LATER_ALIAS }] });
      }
    }
    await run.account.play(14 * HOUR);
  });

  it('ends with each group on its wanted AMI, or refused with its reason', () => {
    for (const name of CLUSTERS) {
      expect(nodeGroupOf(run, name, 'amazons')).toMatchObject({ releaseVersion: LATER, status: 'ACTIVE' });
      expect(nodeGroupOf(run, name, 'own')).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
    }
    const images = groupsOf(run)
      .filter(({ name }) => /^(canary|prod)-/.test(name))
      .map(({ name, members }) => [name, ...new Set([...members.values()].map(({ instance }) => instance.imageId))]);
    const refused = Object.keys(REFUSED).map((name) => [`canary-${name}`, OLD]);
    const moved = ['canary-latest', ...CLUSTERS.flatMap((name) => MOVED.map((each) => `${name}-${each}`))];
    expect(images.toSorted()).toEqual([...refused, ...moved.map((name) => [name, NEW])].toSorted());
    for (const [name, [, told]] of Object.entries(REFUSED)) expect(toldOf('canary', name)).toContain(told);
    expect(toldOf('canary', 'latest')).toContain('acted group-pinned');
  });

  it('has Karpenter replace its nodes by the pinned class, and leaves a class that is kept as code to its owner', () => {
    const releases = (name: string, pool: string) => [
      ...new Set(
        claimsOf(run, name, pool).map(({ imageId }) => run.account.fleet.releases.byImageId(imageId)?.releaseVersion),
      ),
    ];
    for (const name of CLUSTERS) {
      expect(releases(name, 'general')).toEqual([LATER]);
      const told = run.records.filter(
        ({ cluster: each, nodegroup }) => each === name && nodegroup === 'ec2nodeclass:kept',
      );
      expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toContain('refused node-class-kept-as-code');
    }
    expect([releases('canary', 'gitops'), releases('prod', 'gitops')]).toEqual([[LATER], [FORMER]]);
    const written = run.calls.filter(({ operation }) => operation === 'PATCH ec2nodeclasses');
    expect(written.map(({ input }) => input.path ?? input)).toHaveLength(2);
    expect(JSON.stringify(written)).not.toContain('kept');
  });

  it('leaves what AWS or its owner looks after as it is, and tells of it', () => {
    expect(before).toHaveLength(6);
    expect(othersHosts(run)).toEqual(before);
    for (const name of CLUSTERS) {
      const of = run.records.filter(({ cluster: each }) => each === name);
      expect(of.map(({ decision, reason }) => `${decision} ${reason}`)).toContain('skipped auto-mode');
      const message = of.find(({ reason }) => reason === 'other-hosts')?.message ?? '';
      expect(message).toContain('EKS Auto Mode runs nodes');
      expect(message).toContain('Fargate runs pods (1 profile: jobs)');
      expect(message).toContain('It takes hybrid nodes');
      expect(of.find(({ reason }) => reason === 'fargate-at-risk')?.message).toContain('default/solo');
    }
  });

  it('goes through the waves in their order, whatever the kind', () => {
    const bakedIn = (subject: string, reason: string) => toldAt(subject, reason) + 4 * HOUR;
    expect(toldAt('prod/amazons', 'upgrade-started')).toBeGreaterThanOrEqual(bakedIn('canary/amazons', 'upgraded'));
    expect(toldAt('prod/own', 'upgrade-started')).toBeGreaterThanOrEqual(bakedIn('canary/own', 'upgraded'));
    const refreshed = toldAt('prod/self-managed:prod-plain', 'refresh-started');
    expect(refreshed).toBeGreaterThanOrEqual(bakedIn('canary/own', 'upgraded'));
    for (const name of [...MOVED, 'latest']) {
      const own = toldAt('prod/own', 'upgrade-started');
      expect(own).toBeGreaterThanOrEqual(bakedIn(`canary/self-managed:canary-${name}`, 'group-refreshed'));
      expect(refreshed).toBeGreaterThanOrEqual(bakedIn(`canary/self-managed:canary-${name}`, 'group-refreshed'));
    }
    const pinned = toldAt('prod/ec2nodeclass:default', 'node-class-being-pinned');
    for (const name of ['default', 'kept']) {
      expect(pinned).toBeGreaterThanOrEqual(currentAt(`canary/ec2nodeclass:${name}`) + 4 * HOUR - MINUTE);
    }
  });

  it('never moves more at a time than the policy allows', () => {
    const underWay = new Set<string>();
    let most = 0;
    for (const { remediation, cluster: name, nodegroup, reason } of run.records) {
      const subject = `${remediation} ${name} ${nodegroup}`;
      if (reason === 'upgrade-started' || reason === 'refresh-started') underWay.add(subject);
      if (ENDED.has(reason)) underWay.delete(subject);
      const of = (prefix: string) => [...underWay].filter((each) => each.startsWith(prefix)).length;
      most = Math.max(most, underWay.size);
      expect(of('refresh-groups')).toBeLessThanOrEqual(1);
      for (const each of CLUSTERS) expect(of(`upgrade-node-groups ${each}`)).toBeLessThanOrEqual(1);
    }
    expect(most).toBeGreaterThan(0);
    expect(underWay).toEqual(new Set());
    const begun = run.calls.filter(({ operation }) =>
      /^(UpdateNodegroupVersion|StartInstanceRefresh)$/.test(operation),
    );
    expect(begun).toHaveLength(11);
  });

  it('is never over a budget: of pods, of Karpenter, of managed and of self-managed groups', () => {
    expect(overBudget).toEqual([]);
    const drained = run.records.filter(({ reason }) => reason === 'node-drained');
    expect(drained).toHaveLength(6);
  });

  it('asks for nothing that its roles do not allow, and loses nothing', async () => {
    // This stack is deployed without the setting imageRights: upgrade-images.proof.ts plays with it.
    const denied = (await deniedCalls(run.account, run.calls)).map(({ function: name, operation }) =>
      [name, operation].join(' '),
    );
    expect(new Set(denied)).toEqual(
      new Set(['upgrade-node-groups GetParameters', 'upgrade-node-groups CreateLaunchTemplateVersion']),
    );
    expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
  });
});
