import { describe, expect, it } from 'vitest';
import type { Run } from '../../sandbox/play.ts';
import { playThrough } from '../../test/harness.ts';

const RELEASE = '1.34.1-20260621';
const OWN_IMAGE = 'ami-0123456789abcdef0';
const off = { mode: 'off' };
const nodes = { desiredSize: 2, releaseVersion: RELEASE };

/** Clusters whose authority has got a successor, which EKS may activate soon. */
const fleetOf = (clusters: readonly object[]) => ({
  startsAt: '2026-07-01T00:00:00Z',
  releases: [{ kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD', at: '-10d', releaseVersion: RELEASE }],
  images: [
    { imageId: OWN_IMAGE, name: 'golden-eks-1.34-1', at: '-30d', parameter: '/eks-host-remediator/images/1.34' },
  ],
  clusters: clusters.map((cluster) => ({
    version: '1.34',
    certificateAuthority: { endsAt: '+240d', successorAt: '+12h' },
    ...cluster,
  })),
});

const wanted = { ssmParameter: '/eks-host-remediator/images/{kubernetesVersion}' };
const policyOf = (upgrades: object = {}, others: object = {}) => ({
  quarantine: off,
  ssmAgent: off,
  findings: off,
  posture: off,
  imds: off,
  refreshes: { mode: 'enforce', templates: 'change', wanted, bakeAge: '1m', checkpoints: [], bakeTime: '10m' },
  authorities: { mode: 'enforce' },
  ...others,
  upgrades: {
    mode: 'enforce',
    bakeAge: '1m',
    concurrency: { perCluster: 5, perAccount: 10 },
    image: { mode: 'enforce', templates: 'change', wanted },
    ...upgrades,
  },
});

const of = ({ records }: Run, remediation: string, ...subjects: string[]) =>
  records.filter(
    (record) =>
      record.remediation === remediation &&
      (subjects.length === 0 || subjects.includes(`${record.cluster}/${record.nodegroup ?? ''}`)),
  );
const said = (records: Run['records']) =>
  records.map(({ cluster, nodegroup, decision, reason }) => `${cluster}/${nodegroup} ${decision} ${reason}`);
const rotationsOf = (run: Run, cluster: string) =>
  of(run, 'watch-support-dates', `${cluster}/`).map(({ decision, reason }) => `${decision} ${reason}`);
const updatesOf = (run: Run, nodegroup: string) =>
  run.calls.filter(
    ({ operation, input }) =>
      operation === 'UpdateNodegroupVersion' && JSON.stringify(input).includes(`"${nodegroup}"`),
  );

describe('nodes of managed node groups that do not trust a new certificate authority', () => {
  it('are replaced through windows and waves with the release that they run; where EKS keeps them, or refuses, that is told once', async () => {
    const run = await playThrough({
      fleet: fleetOf([
        { name: 'canary', nodeGroups: [{ name: 'web', ...nodes, updates: { sameRelease: 'replaced' } }] },
        {
          name: 'prod',
          nodeGroups: [
            { name: 'web', ...nodes, updates: { sameRelease: 'replaced' } },
            { name: 'kept', ...nodes },
            { name: 'refused', ...nodes, updates: { sameRelease: 'refused' } },
          ],
          selfManagedGroups: [
            { name: 'batch', size: 1, maxSize: 4, imageId: OWN_IMAGE, terminationHooks: [{ name: 'drain' }] },
          ],
        },
      ]),
      policy: policyOf(
        { waves: ['canary', 'prod'], windows: [{ cron: '0 2 * * *', duration: '6h' }] },
        { overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }] },
      ),
      play: '73h',
      inProcess: true,
    });
    expect(rotationsOf(run, 'canary')).toEqual(['refused authority-due', 'done authority-complete']);
    const [ordered] = of(run, 'watch-support-dates', 'prod/');
    expect(ordered?.message).toContain(
      'upgrade-node-groups was ordered to replace those of kept, refused, web. refresh-groups was ordered to replace those of self-managed:prod-batch.',
    );

    // The wave of prod begins once canary is done, whichever function replaces, and all in the window.
    const changed = [
      ...of(run, 'upgrade-node-groups', 'canary/web', 'prod/web'),
      ...of(run, 'refresh-groups', 'prod/self-managed:prod-batch'),
    ].filter(({ decision, reason }) => /acted|done/.test(decision) && reason !== 'up-to-date');
    const inOrder = changed.toSorted((a, b) => a.time.localeCompare(b.time));
    expect(said(inOrder).slice(0, 2)).toEqual(['canary/web acted upgrade-started', 'canary/web done upgraded']);
    expect(said(inOrder).slice(2).toSorted()).toEqual([
      'prod/self-managed:prod-batch acted refresh-started',
      'prod/self-managed:prod-batch done group-refreshed',
      'prod/web acted upgrade-started',
      'prod/web done upgraded',
    ]);
    const started = inOrder.filter(
      ({ decision, remediation }) => decision === 'acted' && remediation !== 'refresh-groups',
    );
    for (const { time, message } of started) {
      expect(time).toMatch(/^2026-07-02T0[2-7]:/);
      expect(message).toMatch(
        /^The node group is being moved from nodes that were launched before .* They do not trust/,
      );
    }
    expect(inOrder.find(({ reason }) => reason === 'upgraded')?.message).toMatch(/Every node was launched since /);

    // EKS is asked once, and people get what surely replaces the nodes.
    for (const [name, how] of [
      ['kept', 'EKS was asked once to replace them with the release'],
      ['refused', '(InvalidParameterException: '],
    ] as const) {
      const [told, ...others] = of(run, 'upgrade-node-groups', `prod/${name}`).filter(
        ({ reason }) => reason === 'nodes-not-replaced',
      );
      expect(others).toEqual([]);
      expect(told?.message).toContain(how);
      expect(told?.message).toContain('aws autoscaling terminate-instance-in-auto-scaling-group');
      expect(told?.details?.instanceIds).toHaveLength(2);
      expect(updatesOf(run, name)).toHaveLength(1);
    }
    expect(rotationsOf(run, 'prod')).toEqual(['refused authority-due', 'refused authority-due']);
    expect(of(run, 'watch-support-dates', 'prod/').at(-1)?.message).toContain('trust in it: kept (2), refused (2).');
    expect(run.errors).toEqual([]);
  });

  it('are replaced by a newer release where there is one, and only told of in mode observe', async () => {
    const clusters = [{ name: 'shop', nodeGroups: [{ name: 'web', ...nodes }] }];
    const newer = {
      at: '+26h',
      kubernetesVersion: '1.34',
      amiType: 'AL2023_x86_64_STANDARD',
      releaseVersion: '1.34.1-20260702',
    };
    const fleet = fleetOf(clusters);
    const run = await playThrough({
      fleet: { ...fleet, releases: [...fleet.releases, newer] },
      policy: policyOf(),
      play: '73h',
      inProcess: true,
    });
    expect(
      said(of(run, 'upgrade-node-groups', 'shop/web')).filter((line) => !/up-to-date|in-flight|baking/.test(line)),
    ).toEqual([
      'shop/web acted upgrade-started',
      'shop/web refused nodes-not-replaced',
      'shop/web acted upgrade-started',
      'shop/web done upgraded',
    ]);
    expect(rotationsOf(run, 'shop').at(-1)).toBe('done authority-complete');

    const observed = await playThrough({
      fleet,
      policy: policyOf({}, { authorities: { mode: 'observe' } }),
      play: '49h',
      inProcess: true,
    });
    expect(rotationsOf(observed, 'shop')).toEqual(['refused authority-due']);
    expect(updatesOf(observed, 'web')).toEqual([]);
  });
});
