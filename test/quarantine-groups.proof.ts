import { describe, expect, it } from 'vitest';
import { sample as request } from '../events/quarantine-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ask, changes, inQuarantine, ours, outcomes, privateFleet, scenario, slotsOf } from './quarantine.fixture.ts';

const SECOND = 1000;
const byRequest = { clusterName: 'shop', nodegroupName: 'web' };

/** Publishes an operator's request to release a node group. */
const openAgain = (run: Run) =>
  run.account.putEvent({
    ...request,
    id: `open-${run.account.time.now}`,
    time: new Date(run.account.time.now).toISOString(),
    detail: { action: 'release', ...byRequest, why: 'it is public on purpose', requestedBy: 'a test' },
  });

const launches = (count: number, exposure: object, withinSeconds: number, rest: object = {}) => ({
  launches: [{ at: '+2m', cluster: 'shop', nodeGroup: 'web', count, withinSeconds, exposure, ...rest }],
});

/** The terms of all security group rules, and which subnets assign public addresses. */
const networkOf = ({ account: { fleet } }: Run) => ({
  rules: fleet.networks.securityGroups
    .list()
    .flatMap(({ name, rules }) =>
      rules.map(({ egress, protocol, fromPort, toPort, peer }) =>
        [name, egress, protocol, fromPort, toPort, peer].join(' '),
      ),
    )
    .sort(),
  subnets: fleet.networks.subnets.list().filter(({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch).length,
});

/**
 * Records about node groups, without those about workers. Two reconciles at once may write one twice, with the same id.
 */
const ofGroup = (run: Run) => [
  ...new Map(
    ours(run).flatMap((record) => (record.instance === undefined ? [[record.id, record] as const] : [])),
  ).values(),
];

describe('a group that is public by design', () => {
  it.each([
    ['running', { desiredSize: 20, exposure: { subnets: 'public' } }, {}],
    [
      'launched one after another',
      { desiredSize: 0, maxSize: 30, exposure: { subnets: 'public' } },
      launches(20, { subnets: 'public' }, 300),
    ],
  ])('of 20, %s: none is isolated, and it is reported once, with its subnets', async (_how, group, rest) => {
    const run = await start(scenario(privateFleet(group, rest)));
    await run.account.play(2 * HOUR);
    const [report, ...others] = ofGroup(run);
    expect([`${report?.decision} ${report?.reason}`, others]).toEqual(['refused public-by-design', []]);
    expect(report?.details?.subnets).toEqual(expect.arrayContaining([expect.stringMatching(/^subnet-/)]));
    expect(inQuarantine(run)).toEqual([]);
    expect(changes(run).filter(({ service }) => service !== 'dynamodb')).toEqual([]);
    expect(await slotsOf(run)).toEqual([]);
  });

  it('by more than half of its workers: none is isolated, and it is reported once', async () => {
    const run = await start(scenario(privateFleet({}, launches(20, { publicAddress: 'automatic' }, 0))));
    await run.account.play(2 * HOUR);
    expect(ofGroup(run).map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(['refused public-by-design']);
    expect(inQuarantine(run)).toEqual([]);
  });
});

describe('hardening by policy', () => {
  const publicByDesign = {
    revokeIngress: 'enforce',
    closeSubnets: 'enforce',
    allowedIngress: [{ protocol: 'tcp', fromPort: 443, toPort: 443 }],
  };
  const group = { desiredSize: 4, exposure: { subnets: 'public', openPorts: [22, 443] } };

  it('revokes what admits the world but for what is allowed, closes the subnets, and is told once; a release gives it back', async () => {
    const run = await start(scenario(privateFleet(group), { quarantine: { publicByDesign } }));
    const before = networkOf(run);
    const world =
      (port: number) =>
      ({ account }: Run) =>
        networkOf({ account } as Run).rules.filter(
          (rule) => rule.includes(` false tcp ${port} ${port} `) && /(0\.0\.0\.0|::)\/0$/.test(rule),
        ).length;
    expect(before.subnets).toBeGreaterThan(0);
    expect(world(22)(run)).toBe(2);
    await run.account.play(2 * HOUR);
    expect(outcomes(run).filter((outcome) => outcome === 'acted group-hardened')).toHaveLength(1);
    expect(outcomes(run).filter((outcome) => outcome.startsWith('failed'))).toEqual([]);
    expect(world(22)(run)).toBe(0);
    expect(world(443)(run)).toBe(2);
    expect(networkOf(run).subnets).toBe(0);
    expect(inQuarantine(run)).toEqual([]);
    openAgain(run);
    await run.account.play(3 * HOUR);
    expect(outcomes(run)).toContain('done group-restored');
    expect(networkOf(run)).toEqual(before);
    expect(outcomes(run).filter((outcome) => outcome === 'acted group-hardened')).toHaveLength(1);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('in mode observe says what would be closed, and a release of what was never closed is refused', async () => {
    const policy = { quarantine: { publicByDesign: { revokeIngress: 'observe', closeSubnets: 'observe' } } };
    const run = await start(scenario(privateFleet(group), policy));
    const before = networkOf(run);
    await run.account.play(2 * HOUR);
    openAgain(run);
    await run.account.play(MINUTE);
    expect(
      ofGroup(run)
        .map(({ decision, reason }) => `${decision} ${reason}`)
        .slice(0, 2),
    ).toEqual(['would-act would-harden', 'refused request-refused']);
    expect(networkOf(run)).toEqual(before);
  });
});

it('subnets that another account shares are left open: that is told once with the account, and nothing is tried', async () => {
  const policy = { quarantine: { publicByDesign: { closeSubnets: 'enforce' } } };
  const group = { exposure: { subnets: 'public' } };
  const run = await start(scenario(privateFleet(group, {}, { vpc: { sharedBy: '999988887777' } }), policy));
  await run.account.play(3 * HOUR);
  expect(outcomes(run)).toEqual(['refused exposure-shared']);
  expect(ours(run)[0]?.message).toContain('account 999988887777 owns it, and alone can change it');
  expect(run.calls.map(({ operation }) => operation)).not.toContain('ModifySubnetAttribute');
});

describe('an exposure that others use', () => {
  const web = { name: 'web', desiredSize: 2, releaseVersion: '1.33.13-20260714', exposure: { subnets: 'public' } };
  const group = (tags: object) => ({ ...web, name: 'private', exposure: {}, tags });
  const ignored = { 'eks-host-remediator:ignore': 'x' };
  const opened = { changes: [{ at: '+5m', cluster: 'shop', nodeGroup: 'private', authorizeIngress: { port: 22 } }] };
  const played = async (cluster: object, publicByDesign: object, change?: (run: Run) => void) => {
    const run = await start(
      scenario(privateFleet({}, opened, cluster), { quarantine: { publicByDesign, revokeShellIngress: 'off' } }),
    );
    change?.(run);
    await run.account.play(2 * HOUR);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
    const isOpen = networkOf(run).rules.some((rule) => rule.includes(' false tcp 22 22 0.0.0.0/0'));
    const told = ofGroup(run).filter(({ nodegroup }) => nodegroup === 'web');
    const messages = told.map(({ reason, message }) => `${reason}: ${message}`);
    return { run, isOpen, told: told.map(({ reason }) => reason), messages };
  };
  const bastionOf = ({ account: { fleet } }: Run) =>
    fleet.instances.list().find(({ tags }) => tags.get('Name') === 'bastion')?.id;
  const revoke = { revokeIngress: 'enforce' };

  it('is left open for an opted-out group and for what is no worker, and that is told once, with their names', async () => {
    const cluster = { nodeGroups: [web, group(ignored)], otherInstances: [{ name: 'bastion' }] };
    const { run, isOpen, told, messages } = await played(cluster, revoke);
    expect(isOpen).toBe(true);
    expect(told).toEqual(['exposure-shared']);
    expect(messages[0]).toMatch(/ sg-\w+ is left open: .* use it too\.$/);
    expect(messages[0]).toContain(`${bastionOf(run)} (no worker), shop/private (opted out)`);
    expect(changes(run).filter(({ service }) => service === 'ec2')).toEqual([]);
  });

  it.each([
    ['a cluster that has opted out', { tags: ignored }, 0],
    ['a bastion alone', { otherInstances: [{ name: 'bastion' }] }, 1],
  ])('is left open for %s', async (_whom, cluster, times) => {
    const { isOpen, told } = await played({ nodeGroups: [web, group({})], ...cluster }, revoke);
    expect(isOpen).toBe(true);
    expect(told.filter((reason) => reason === 'exposure-shared')).toHaveLength(times);
    expect(told).not.toContain('group-hardened');
  });

  it('is left open for one instance of its own group that has opted out', async () => {
    const optOut = ({ account: { fleet } }: Run) => {
      const [first] = fleet.instances.list().filter(({ tags }) => tags.get('eks:nodegroup-name') === 'web');
      first?.tags.set('eks-host-remediator:ignore', '');
    };
    const { isOpen, messages } = await played({ nodeGroups: [web, group({})] }, revoke, optOut);
    expect(isOpen).toBe(true);
    expect(messages.at(-1)).toMatch(/^exposure-shared: .*left open: i-\w+ \(opted out\) uses it too\.$/);
  });

  it('is closed where nobody else but the control plane and other groups of the cluster use it', async () => {
    const { isOpen, told } = await played({ nodeGroups: [web, group({})] }, revoke);
    expect(isOpen).toBe(false);
    expect(told.filter((reason) => reason === 'group-hardened')).toHaveLength(1);
    expect(told).not.toContain('exposure-shared');
  });

  it.each([
    ['left alone where an opted-out group lives in it', ignored, 'exposure-shared'],
    ['closed where all others may be touched', {}, 'group-hardened'],
  ])('in a subnet is %s', async (_what, tags, reason) => {
    const nodeGroups = [web, { ...group(tags), exposure: { subnets: 'public' } }];
    const { run, told } = await played({ nodeGroups }, { closeSubnets: 'enforce' });
    expect(told).toContain(reason);
    expect(networkOf(run).subnets > 0).toBe(reason === 'exposure-shared');
  });

  it('costs no reconcile of interfaces where the policy wants nothing closed', async () => {
    const { run } = await played({ nodeGroups: [web, group({})] }, {});
    // Interfaces are read by id, or where a call named them, but not all those that use a security group or subnet.
    const asked = run.calls.filter(({ operation }) => operation === 'DescribeNetworkInterfaces');
    const filters = asked.map(({ input }) => JSON.stringify(input)).filter((input) => !input.includes('"branch"'));
    expect(filters.filter((input) => !input.includes('network-interface-id'))).toEqual([]);
  });
});

/** Checks that there are never more workers in quarantine than the policy allows. */
async function playBounded(run: Run, ms: number, slice: number, check: () => void): Promise<void> {
  for (let played = 0; played < ms; played += slice) {
    await run.account.play(slice);
    check();
  }
}

describe('the budget', () => {
  const twenty = {
    launches: [
      { at: '+2m', cluster: 'shop', nodeGroup: 'web', count: 17, withinSeconds: 0 },
      {
        at: '+2m',
        cluster: 'shop',
        nodeGroup: 'web',
        count: 3,
        withinSeconds: 0,
        exposure: { publicAddress: 'automatic' },
      },
    ],
  };

  it('of one holds when 20 are launched at once and 3 are exposed; the next one follows when one is released or gone', async () => {
    const run = await start(scenario(privateFleet({}, twenty)));
    const onlyOne = () => expect(inQuarantine(run).length).toBeLessThanOrEqual(1);
    await run.account.play(2 * MINUTE);
    await playBounded(run, 10 * SECOND, 50, onlyOne);
    await playBounded(run, 5 * MINUTE, 5 * SECOND, onlyOne);
    const first = inQuarantine(run)[0]?.id ?? '';
    expect(outcomes(run).filter((outcome) => outcome === 'waiting quarantine-budget')).toHaveLength(2);
    ask(run, 'release', first);
    await playBounded(run, MINUTE, SECOND, onlyOne);
    const second = inQuarantine(run)[0]?.id ?? '';
    expect([first, '']).not.toContain(second);
    await playBounded(run, 5 * MINUTE, 5 * SECOND, onlyOne);
    ask(run, 'terminate', second);
    await playBounded(run, 5 * MINUTE, SECOND, onlyOne);
    const third = inQuarantine(run)[0]?.id ?? '';
    expect([first, second, '']).not.toContain(third);
    expect(await slotsOf(run)).toEqual([third]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is free again for the next one once a worker in quarantine has gone, of which no event tells', async () => {
    const exposure = { publicAddress: 'automatic' };
    const launch = { cluster: 'shop', nodeGroup: 'web', count: 1, withinSeconds: 0, exposure };
    const fleet = privateFleet({}, { launches: ['+2m', '+20m'].map((at) => ({ at, ...launch })) });
    const run = await start(scenario(fleet));
    await run.account.play(10 * MINUTE);
    const { instances } = run.account.fleet;
    const first = instances.get(inQuarantine(run)[0]?.id ?? '');
    if (first === undefined) throw new Error('Nothing is in quarantine.');
    instances.terminate(first, MINUTE, () => {});
    // Long before the next sweep, which would find it out, too.
    await run.account.play(11 * MINUTE);
    const [second, ...others] = await slotsOf(run);
    expect([second === first.id, others]).toEqual([false, []]);
    const ofSecond = ours(run).filter(({ instance }) => instance === second);
    expect(ofSecond.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['quarantine-budget', 'quarantined']));
  });

  it('of group, cluster and account hold when clusters have launches at the same moment', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const [template] = privateFleet().clusters;
    const [group] = template?.nodeGroups ?? [];
    const groups = ['web', 'api'];
    const clusters = names.map((name) => ({
      ...template,
      name,
      nodeGroups: groups.map((each) => ({ ...group, name: each, desiredSize: 5 })),
    }));
    const fleet = {
      ...privateFleet(),
      clusters,
      launches: names.flatMap((cluster) =>
        groups.map((nodeGroup) => ({
          at: '+2m',
          cluster,
          nodeGroup,
          count: 3,
          withinSeconds: 2,
          exposure: { publicAddress: 'automatic' },
        })),
      ),
    };
    const concurrency = { perGroup: 2, perCluster: 3, perAccount: 7 };
    const run = await start(scenario(fleet, { quarantine: { concurrency } }));
    const withinLimits = () => {
      const now = inQuarantine(run);
      const most = (by: (one: (typeof now)[number]) => string) =>
        Math.max(0, ...[...Map.groupBy(now, by).values()].map(({ length }) => length));
      expect(now.length).toBeLessThanOrEqual(concurrency.perAccount);
      expect(most(({ cluster }) => cluster)).toBeLessThanOrEqual(concurrency.perCluster);
      expect(most(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`)).toBeLessThanOrEqual(concurrency.perGroup);
    };
    await run.account.play(2 * MINUTE);
    await playBounded(run, 15 * SECOND, 50, withinLimits);
    await playBounded(run, 10 * MINUTE, 5 * SECOND, withinLimits);
    expect(inQuarantine(run)).toHaveLength(concurrency.perAccount);
    expect(await slotsOf(run)).toHaveLength(concurrency.perAccount);
  });
});
