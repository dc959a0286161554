import { describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { ask, exposedWorker, ours, outcomes, privateFleet, scenario } from './quarantine.fixture.ts';

/** A pool whose Karpenter may replace all of its nodes at once. Somebody gives one of them an address. */
async function playPool(
  {
    pool = {},
    cluster = {},
    policy = {},
    changes = [{ at: '+5m', associateAddress: true }],
  }: { pool?: object; cluster?: object; policy?: object; changes?: object[] } = {},
  ms = 10 * MINUTE,
): Promise<Run> {
  const pools = {
    nodeGroups: [],
    karpenterNodeClasses: [{ name: 'default' }],
    karpenterNodePools: [{ name: 'general', size: 3, budgets: [{ nodes: '100%' }], expireAfter: 'Never', ...pool }],
    ...cluster,
  };
  const all = changes.map((each) => ({
    cluster: 'shop',
    karpenterNodePool: 'general',
    ...each,
  }));
  const run = await start(scenario(privateFleet({}, { changes: all }, pools), policy));
  await run.account.play(ms);
  return run;
}

const nodeOf = (run: Run) =>
  run.account.kubernetes
    .objects('shop', 'nodes')
    .find(({ metadata }) => (metadata as { name: string }).name === exposedWorker(run).privateDnsName) as
    | { readonly metadata: { readonly annotations?: Record<string, string> }; readonly spec: object }
    | undefined;
const isMarked = (run: Run): boolean => nodeOf(run)?.metadata.annotations?.['karpenter.sh/do-not-disrupt'] === 'true';

/** A pool whose nodes live for 340 hours. Its oldest one gets an address, which the next sweep finds. */
async function playOldest(policy: object = {}): Promise<Run> {
  const run = await playPool({ pool: { size: 12, expireAfter: '340h' }, policy, changes: [] });
  const [oldest] = claims(run).toSorted((a, b) => a.launchedAt - b.launchedAt);
  const { interfaces, addresses } = run.account.fleet.networks;
  const [first] = interfaces.of(oldest!.id);
  addresses.associate(addresses.allocate(), first!, first!.privateIps[0]);
  await run.account.play(70 * MINUTE);
  expect(ours(run).at(-1)).toMatchObject({ reason: 'quarantined', instance: oldest!.id });
  return run;
}

const untilExpiry = (run: Run): number => exposedWorker(run).launchedAt + 340 * HOUR - run.account.time.now;
const claims = (run: Run) => run.account.fleet.karpenter.get('shop')?.claimsOf('general') ?? [];

describe('a worker of Karpenter in quarantine', () => {
  it('stays for days, though its security groups are drift', async () => {
    const run = await playPool({}, 50 * HOUR);
    expect(outcomes(run).slice(0, 2)).toEqual(['acted quarantine-started', 'done quarantined']);
    expect([exposedWorker(run).state, claims(run).length]).toEqual(['running', 3]);
  });

  it('is replaced within minutes where its node cannot be marked, and said to have ended', async () => {
    const run = await playPool({ cluster: { accessEntries: [] } }, 75 * MINUTE);
    expect(run.account.fleet.instances.get(exposedId(run))?.state).not.toBe('running');
    expect(outcomes(run)).toContain('done quarantine-ended');
  });

  it('ends with its expiry, which no mark holds off: the record of its isolation says so', async () => {
    const run = await playOldest();
    const { message } = ours(run).at(-1) ?? {};
    expect(message).toContain('expireAfter');
    expect(message).toContain('To have EC2 refuse that: quarantine.terminationProtection.');
    await run.account.play(untilExpiry(run) + 2 * HOUR);
    expect(run.account.fleet.instances.get(exposedId(run))?.state).not.toBe('running');
    expect(outcomes(run)).toContain('done quarantine-ended');
  });

  it('outlives its expiry under protection from termination, which the record says', async () => {
    const run = await playOldest({ quarantine: { terminationProtection: true } });
    expect(ours(run).at(-1)?.message).toContain('EC2 refuses that while it is protected from termination');
    await run.account.play(untilExpiry(run) + HOUR);
    expect(exposedWorker(run).state).toBe('running');
  });

  it('that Karpenter was replacing before is said to be going', async () => {
    const run = await playPool({}, 4 * MINUTE);
    for (const { privateDnsName } of claims(run)) {
      run.account.fleet.eks.karpenterNodes('shop').markDisrupted(privateDnsName, true);
    }
    await run.account.play(6 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({
      reason: 'quarantined',
      message: expect.stringContaining('Karpenter is replacing it, and ends it whatever'),
    });
  });
});

describe('a worker of Karpenter that is released', () => {
  it('stays: it keeps its mark until Karpenter has seen its former security groups, and loses it then', async () => {
    const run = await playPool();
    const worker = exposedWorker(run);
    await run.account.play(HOUR);
    ask(run, 'release', worker.id);
    await run.account.play(2 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({
      decision: 'waiting',
      reason: 'release-in-progress',
      message: expect.stringContaining('Karpenter'),
    });
    expect(nodeOf(run)?.spec).not.toHaveProperty('unschedulable');
    expect(isMarked(run)).toBe(true);
    await run.account.play(13 * MINUTE);
    expect(outcomes(run).at(-1)).toBe('done released');
    expect(isMarked(run)).toBe(false);
    await run.account.play(2 * HOUR);
    expect([worker.state, claims(run).length]).toEqual(['running', 3]);
  });

  it('is said to be at risk where its node could not be marked', async () => {
    const run = await playPool({ pool: { budgets: [{ nodes: '1' }] }, cluster: { accessEntries: [] } });
    ask(run, 'release', exposedWorker(run).id);
    await run.account.play(MINUTE);
    const released = ours(run).find(({ reason }) => reason === 'released');
    expect(released?.message).toContain('Karpenter may end it all the same');
  });

  it('keeps no other worker of its pool exposed while it keeps its mark: it counts against no limit', async () => {
    const another = { at: '+14m', associateAddress: true, index: 1 };
    const run = await playPool({ changes: [{ at: '+5m', associateAddress: true }, another] });
    const released = exposedWorker(run).id;
    ask(run, 'release', released);
    await run.account.play(7 * MINUTE);
    expect(isMarked(run)).toBe(true);
    expect(ours(run).at(-1)).toMatchObject({ decision: 'done', reason: 'quarantined' });
    expect(ours(run).at(-1)?.instance).not.toBe(released);
  });

  it('is closed at once where it is exposed anew meanwhile, by something that nobody accepted', async () => {
    const opened = { at: '+14m', authorizeIngress: { port: 2375, cidr: '0.0.0.0/0' } };
    const run = await playPool({ changes: [{ at: '+5m', associateAddress: true }, opened] });
    ask(run, 'release', exposedWorker(run).id);
    await run.account.play(7 * MINUTE);
    expect(outcomes(run).slice(-3)).toEqual(['done released', 'acted quarantine-started', 'done quarantined']);
  });
});

const exposedId = (run: Run): string => ours(run).find(({ instance }) => instance !== undefined)?.instance ?? '';
