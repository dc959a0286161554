import { beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, nodeGroupOf, start } from './harness.ts';
import { cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

const [FORMER, LATER] = ['1.33.12-20260625', '1.33.13-20260711'];

/** Hosts of every kind: on Amazon's AMIs, on AMIs of one's own, in self-managed groups, by Karpenter. */
const everyKind = (name: string, more: readonly object[] = []) =>
  cluster(name, [group('plain'), ...more], {
    nodeGroups: [
      { name: 'amazons', desiredSize: 2, releaseVersion: FORMER, updates: { minutesPerNode: 4 } },
      {
        name: 'own',
        amiType: 'CUSTOM',
        desiredSize: 2,
        launchTemplate: { imageId: OLD },
        updates: { minutesPerNode: 4 },
      },
    ],
    karpenterNodePools: [{ name: 'general', size: 2 }],
  });
const REFUSED = {
  'canary-config': 'refused group-has-launch-configuration',
  'canary-mixed': 'refused group-is-mixed',
};

/** What ends an upgrade or a refresh. */
const ENDED: ReadonlySet<string> = new Set(['upgraded', 'group-refreshed']);

describe('a fleet of every kind of host, in two waves', () => {
  let run: Run;
  const toldAt = (subject: string, reason: string): number => {
    const told = run.records.find((each) => `${each.cluster}/${each.nodegroup}` === subject && each.reason === reason);
    return told === undefined ? Number.NaN : Date.parse(told.time);
  };
  beforeAll(async () => {
    const { releases, ...others } = fleet(
      everyKind('canary', [
        group('second'),
        group('config', { launchesFrom: 'launch-configuration' }),
        group('mixed', { launchesFrom: 'mixed-instances' }),
      ]),
      everyKind('prod'),
    );
    const later = { at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: LATER };
    const { refreshes, ...modes } = policy({ concurrency: { perCluster: 1, perAccount: 1 } });
    run = await start({
      inProcess: true,
      fleet: { ...others, releases: [...releases, later] },
      policy: {
        ...modes,
        refreshes,
        upgrades: {
          bakeAge: '1m',
          waves: ['canary', 'prod'],
          bakeBetween: '4h',
          image: { mode: 'enforce', templates: 'change', wanted: refreshes.wanted },
        },
        overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
      },
    });
    await run.account.play(20 * HOUR);
  });

  it('ends with each group on its wanted AMI, or refused with its reason', () => {
    for (const name of ['canary', 'prod']) {
      expect(nodeGroupOf(run, name, 'amazons')).toMatchObject({ releaseVersion: LATER, status: 'ACTIVE' });
      expect(nodeGroupOf(run, name, 'own')).toMatchObject({ releaseVersion: NEW, status: 'ACTIVE' });
    }
    const images = run.account.fleet.autoScalingGroups
      .list()
      .filter(({ name }) => /-(plain|second|config|mixed)$/.test(name))
      .map(({ name, members }) => [name, ...new Set([...members.values()].map(({ instance }) => instance.imageId))]);
    expect(images.toSorted()).toEqual([
      ['canary-config', OLD],
      ['canary-mixed', OLD],
      ['canary-plain', NEW],
      ['canary-second', NEW],
      ['prod-plain', NEW],
    ]);
    for (const [name, refused] of Object.entries(REFUSED)) {
      const told = run.records.filter(({ nodegroup }) => nodegroup === `self-managed:${name}`);
      expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toContain(refused);
    }
    const upgrades = run.records.filter(({ remediation }) => remediation === 'upgrade-node-groups');
    const karpenter = upgrades.filter(({ nodegroup }) => nodegroup === 'karpenter:general');
    expect(new Set(karpenter.map(({ decision, reason }) => `${decision} ${reason}`))).toEqual(
      new Set(['skipped karpenter']),
    );
  });

  it('goes through the waves in their order, whatever the kind', () => {
    const bakedIn = (subject: string, reason: string) => toldAt(subject, reason) + 4 * HOUR;
    expect(toldAt('prod/amazons', 'upgrade-started')).toBeGreaterThanOrEqual(bakedIn('canary/amazons', 'upgraded'));
    expect(toldAt('prod/own', 'upgrade-started')).toBeGreaterThanOrEqual(bakedIn('canary/own', 'upgraded'));
    const refreshed = toldAt('prod/self-managed:prod-plain', 'refresh-started');
    expect(refreshed).toBeGreaterThanOrEqual(bakedIn('canary/own', 'upgraded'));
    for (const name of ['plain', 'second']) {
      const own = toldAt('prod/own', 'upgrade-started');
      expect(own).toBeGreaterThanOrEqual(bakedIn(`canary/self-managed:canary-${name}`, 'group-refreshed'));
      expect(refreshed).toBeGreaterThanOrEqual(bakedIn(`canary/self-managed:canary-${name}`, 'group-refreshed'));
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
      for (const each of ['canary', 'prod']) expect(of(`upgrade-node-groups ${each}`)).toBeLessThanOrEqual(1);
    }
    expect(most).toBeGreaterThan(0);
    expect(underWay).toEqual(new Set());
    const begun = run.calls.filter(({ operation }) =>
      /^(UpdateNodegroupVersion|StartInstanceRefresh)$/.test(operation),
    );
    expect(begun).toHaveLength(7);
  });

  it('loses nothing', () => {
    expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
  });
});
