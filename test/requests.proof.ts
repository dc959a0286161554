import { beforeAll, describe, expect, it } from 'vitest';
import { sample as hint } from '../events/quarantine-reconcile-request.ts';
import { type RemediationRequest, sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, incidentOf, MINUTE, start, upgradeCalls } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  exposedWorker,
  exposeSilently,
  privateFleet,
  publicLaunch,
  outcomes as quarantineOutcomes,
  scenario,
} from './quarantine.fixture.ts';
import { changes as agentChanges, outcomes as agentOutcomes, launch } from './ssm-agent.fixture.ts';

type Wanted = Pick<RemediationRequest['detail'], 'remediation' | 'action'> & Partial<RemediationRequest['detail']>;

let requests = 0;

/** Publishes an operator's request, and lets its outcome happen. */
async function ask(run: Run, detail: Wanted, envelope: Partial<RemediationRequest> = {}): Promise<void> {
  requests += 1;
  const time = new Date(run.account.time.now).toISOString();
  const who = { why: 'a test asked for it', requestedBy: 'arn:aws:iam::111122223333:role/tester' };
  run.account.putEvent({ ...sample, id: `request-${requests}`, time, detail: { ...who, ...detail }, ...envelope });
  await run.account.play(2 * MINUTE);
}

/** Continues the run, and expects that IAM allowed everything, and that nothing failed or was lost. */
async function ended(run: Run, hours: number): Promise<Run> {
  await run.account.play(hours * HOUR);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
  return run;
}

const [OLD, NEW, NEWER] = ['1.33.12-20260625', '1.33.13-20260714', '1.33.14-20260801'];
const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
/** Clusters with one node group each, so that none waits for another. */
const fleet = (clusters: Readonly<Record<string, object>>) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release(OLD, '-10d'), release(NEW, '+30m'), release(NEWER, '+6h30m')],
  clusters: Object.entries(clusters).map(([name, updates]) => ({
    name,
    version: '1.33',
    nodeGroups: [{ name: 'web', desiredSize: 1, updates: { minutesPerNode: 2, ...updates } }],
  })),
});
const upgradesOnly = (upgrades: object) => ({
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  upgrades: { bakeAge: '1h', ...upgrades },
});
const failing = (times: number) => ({ fails: [{ errorCode: 'PodEvictionFailure', times }] });
const web = (clusterName: string) =>
  ({ remediation: 'upgrade-node-groups', clusterName, nodegroupName: 'web' }) as const;
const incident = (run: Run, cluster: string): string[] =>
  incidentOf(run, cluster, 'web').filter((line) => !/in-flight|not-yet-seen/.test(line));
const upgradesOf = (run: Run, cluster: string) =>
  upgradeCalls(run).filter(({ input }) => input.clusterName === cluster);

describe('upgrades that mode observe proposes', () => {
  // The upgrade is proposed and requested while the windows are closed, and done at five. At eight there is a newer
  // release.
  const policy = upgradesOnly({ mode: 'observe', windows: [{ cron: '0 2,5,8 * * *', duration: '90m' }] });
  let run: Run;
  let proposed: readonly string[];
  let answers: readonly string[];
  beforeAll(async () => {
    const clusters = { approved: {}, rejected: {}, undone: {}, late: {}, repeated: failing(9), overtaken: {} };
    run = await start({ fleet: fleet(clusters), policy, play: '3h40m' });
    proposed = Object.keys(clusters).map((cluster) => incident(run, cluster).at(-1) ?? '');
    const again = { id: 'again', time: new Date(run.account.time.now).toISOString() };
    await ask(run, { ...web('approved'), action: 'approve' });
    await ask(run, { ...web('rejected'), action: 'reject' });
    await ask(run, { ...web('undone'), action: 'approve' });
    await ask(run, { ...web('undone'), action: 'reject' });
    await ask(run, { ...web('late'), action: 'approve' }, { time: '2026-07-14T01:30:00Z' });
    await ask(run, { ...web('repeated'), action: 'approve' }, again);
    const earlier = { id: 'earlier', time: new Date(run.account.time.now).toISOString() };
    await run.account.play(5000);
    await ask(run, { ...web('overtaken'), action: 'reject' });
    await ask(run, { ...web('overtaken'), action: 'approve' }, earlier);
    answers = Object.keys(clusters).map((cluster) => incident(run, cluster).slice(-2).join(', '));
    for (let times = 0; times < 3; times += 1) {
      await run.account.play(HOUR / 2);
      await ask(run, { ...web('repeated'), action: 'approve' }, again);
    }
    await ended(run, 4);
  }, 60_000);

  it('stand to be approved while the windows are closed', () => {
    expect(new Set(proposed)).toEqual(new Set(['would-act would-upgrade']));
  });

  it('are answered at once, and what was granted waits for its change window all the same', () => {
    expect(answers).toEqual([
      'waiting request-granted, waiting outside-change-window',
      'waiting request-granted, skipped proposal-rejected',
      'waiting request-granted, skipped proposal-rejected',
      'refused request-refused, would-act would-upgrade',
      'waiting request-granted, waiting outside-change-window',
      'refused request-refused, skipped proposal-rejected',
    ]);
  });

  it('are done once when they are approved, and the records say by whom', () => {
    expect(incident(run, 'approved').slice(-6)).toEqual([
      'waiting request-granted',
      'waiting outside-change-window',
      'acted upgrade-started',
      'done upgraded',
      'waiting baking',
      'would-act would-upgrade',
    ]);
    expect(upgradesOf(run, 'approved').map(({ at, input }) => [at.slice(11, 13), input.releaseVersion])).toEqual([
      ['05', NEW],
    ]);
    const told = run.records.filter(
      ({ cluster, message }) => cluster === 'approved' && message.includes('role/tester'),
    );
    expect(told.map(({ reason }) => reason)).toEqual(['request-granted', 'upgrade-started']);
    expect(told[0]?.details).toMatchObject({ action: 'approve', why: 'a test asked for it' });
  });

  it('are not made again when they are rejected, until a newer release comes', () => {
    for (const cluster of ['rejected', 'undone', 'overtaken']) {
      expect(incident(run, cluster).slice(-2)).toEqual(['skipped proposal-rejected', 'would-act would-upgrade']);
      expect(upgradesOf(run, cluster)).toEqual([]);
    }
  });

  it('are not done by a request that is older than they are', () => {
    const refusal = run.records.find(({ cluster, reason }) => cluster === 'late' && reason === 'request-refused');
    expect(refusal?.message).toContain('was not yet when it was asked for');
    expect(upgradesOf(run, 'late')).toEqual([]);
  });

  it('are done once by one request, however often it comes and whatever became of them', () => {
    expect(upgradesOf(run, 'repeated')).toHaveLength(1);
    expect(incident(run, 'repeated').filter((line) => line.includes('request-'))).toEqual(['waiting request-granted']);
    expect(incident(run, 'repeated')).toContain('failed upgrade-failed');
  });
});

it('an upgrade that fails is tried at once when it is retried, and anew when it is resumed after it was halted', async () => {
  const policy = upgradesOnly({ stopAfterFailures: 2, retryAfter: '12h' });
  const run = await start({ fleet: fleet({ shop: failing(2) }), policy, play: '2h30m' });
  const shop = web('shop');
  await ask(run, { ...shop, action: 'resume' });
  expect(incident(run, 'shop').slice(-3)).toEqual([
    'failed upgrade-failed',
    'refused request-refused',
    'waiting retry-later',
  ]);
  await ask(run, { ...shop, action: 'retry' });
  await run.account.play(HOUR / 2);
  expect(incident(run, 'shop').slice(-4)).toEqual([
    'waiting request-granted',
    'acted upgrade-started',
    'failed upgrade-failed',
    'refused halted',
  ]);
  await ask(run, { ...shop, action: 'retry' });
  expect(incident(run, 'shop').slice(-2)).toEqual(['refused request-refused', 'refused halted']);
  await ask(run, { ...shop, action: 'resume' });
  await ended(run, 0.5);
  expect(incident(run, 'shop').slice(-3)).toEqual([
    'waiting request-granted',
    'acted upgrade-started',
    'done upgraded',
  ]);
  // EKS would take the same token for a repetition of the failed attempt.
  expect(new Set(upgradeCalls(run).map(({ input }) => input.clientRequestToken)).size).toBe(3);
});

describe('a remedy of an agent', () => {
  const workerOf = (run: Run): string => run.records.find(({ instance }) => instance !== undefined)?.instance ?? '';
  const asked = async (run: Run, action: 'approve' | 'reject' | 'retry', instanceId = workerOf(run)) => {
    await ask(run, { remediation: 'manage-ssm-agent', action, instanceId });
    // Its queue gathers messages for half a minute.
    await run.account.play(3 * MINUTE);
  };
  const observed = async (): Promise<Run> => {
    const run = await start({
      ...launch('nodeGroup', { managedPolicy: false }),
      policy: { upgrades: { mode: 'off' }, quarantine: { mode: 'off' }, ssmAgent: { mode: 'observe' } },
      play: '10m',
    });
    expect(agentOutcomes(run).at(-1)).toBe('would-act would-remedy');
    return run;
  };

  it('is begun when it is approved in mode observe, and followed to its end', async () => {
    const run = await observed();
    await asked(run, 'approve');
    await ended(run, 0.5);
    expect(agentOutcomes(run).slice(-3)).toEqual([
      'waiting request-granted',
      'acted policy-attached',
      'done agent-cured',
    ]);
    expect(agentChanges(run)).toEqual(['iam AttachRolePolicy']);
  });

  it('is not proposed again when it is rejected', async () => {
    const run = await observed();
    await asked(run, 'reject');
    await ended(run, 2);
    expect(agentOutcomes(run).slice(-2)).toEqual(['waiting request-granted', 'skipped proposal-rejected']);
    expect(agentChanges(run)).toEqual([]);
  });

  it('is tried again when all attempts have failed and somebody retries it', async () => {
    const run = await start({
      ...launch('nodeGroup', { agent: 'stopped' }),
      policy: { upgrades: { mode: 'off' }, quarantine: { mode: 'off' }, ssmAgent: { attempts: 1, cureWithin: '15m' } },
      play: '50m',
    });
    expect(agentOutcomes(run).at(-1)).toBe('failed agent-missing');
    await asked(run, 'retry');
    expect(agentOutcomes(run).slice(-2)).toEqual(['waiting request-granted', 'acted agent-install-started']);
    await asked(run, 'retry');
    const refusal = run.records.find(({ reason }) => reason === 'request-refused');
    expect(refusal?.message).toContain('a remedy is under way');
    await ended(run, 0);
  });

  it('of an instance that is no worker is refused', async () => {
    const run = await observed();
    await asked(run, 'approve', 'i-0123456789abcdef0');
    expect(run.records.at(-1)).toMatchObject({ reason: 'request-refused', instance: 'i-0123456789abcdef0' });
  });
});

describe('a quarantine that mode observe proposes', () => {
  const asked = (run: Run, action: 'approve' | 'reject') =>
    ask(run, { remediation: 'quarantine-workers', action, instanceId: exposedWorker(run).id });
  const observed = async (): Promise<Run> => {
    const run = await start(scenario(privateFleet({}, publicLaunch()), { quarantine: { mode: 'observe' } }));
    await run.account.play(15 * MINUTE);
    expect(quarantineOutcomes(run)).toEqual(['would-act would-quarantine', 'refused workers-stay-exposed']);
    return run;
  };

  const look = async (run: Run, instanceId: string): Promise<void> => {
    const time = new Date(run.account.time.now).toISOString();
    run.account.putEvent({
      ...hint,
      id: `look ${time}`,
      time,
      detail: { trigger: 'operator', instanceIds: [instanceId] },
    });
    await run.account.play(3 * MINUTE);
  };

  it('begins when it is approved, and holds against who opens an exposure', async () => {
    const run = await observed();
    await asked(run, 'approve');
    await run.account.play(5 * MINUTE);
    expect(quarantineOutcomes(run).slice(2)).toEqual([
      'waiting request-granted',
      'acted quarantine-started',
      'done quarantined',
      'done exposures-ended',
    ]);
    const worker = exposedWorker(run);
    exposeSilently(run, worker.id);
    await look(run, worker.id);
    expect(quarantineOutcomes(run)).toContain('acted quarantine-reinforced');
    expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
    await asked(run, 'approve');
    await ended(run, 0);
    expect(run.records.find(({ reason }) => reason === 'request-refused')?.message).toContain('in quarantine already');
  });

  it('is not proposed again when it is rejected, until there is another way in', async () => {
    const run = await observed();
    await asked(run, 'reject');
    const { id } = exposedWorker(run);
    await look(run, id);
    expect(quarantineOutcomes(run).slice(2)).toEqual([
      'waiting request-granted',
      'skipped proposal-rejected',
      // The rejection of the proposal accepts the exposure.
      'done exposures-ended',
    ]);
    exposeSilently(run, id);
    await look(run, id);
    await ended(run, 0);
    expect(quarantineOutcomes(run).slice(5)).toEqual(['would-act would-quarantine', 'refused workers-stay-exposed']);
  });
});
