import { describe, expect, it } from 'vitest';
import { sample } from '../../events/termination-request.ts';
import type { Refusal } from '../../sandbox/account/refusals.ts';
import { deadLetterCount, HOUR, MINUTE, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { expectNoLoss } from '../../test/lost-records.ts';
import { ask, exposedWorker, outcomes, privateFleet, publicLaunch, scenario } from '../../test/quarantine.fixture.ts';

type Run = Awaited<ReturnType<typeof start>>;
const told = ({ records }: Run) =>
  records.filter(({ remediation }) => remediation === 'terminate-workers').map(({ reason }) => reason);
const terminations = ({ calls }: Run) => calls.filter(({ operation }) => operation === 'TerminateInstances');

async function quarantined(quarantine: object = {}) {
  const run = await start(scenario(privateFleet({}, publicLaunch()), { quarantine }));
  await run.account.play(25 * MINUTE);
  expect(outcomes(run).at(-1)).toBe('done quarantined');
  return { run, worker: exposedWorker(run) };
}

it('terminates what an operator asked for, by a role of its own, and tells it as one incident with the quarantine', async () => {
  const { run, worker } = await quarantined({ terminationProtection: true });
  ask(run, 'terminate', worker.id);
  await run.account.play(5 * MINUTE);
  expect(worker.state).toBe('terminated');
  expect(outcomes(run).at(-1)).toBe('done quarantine-ended');
  expect(told(run)).toEqual(['termination-called']);
  expect(new Set(terminations(run).map((call) => call.function))).toEqual(new Set(['terminate-workers']));
  const ours = run.records.filter(({ remediation }) => /^(quarantine|terminate)-workers$/.test(remediation));
  expect(new Set(ours.filter(({ instance }) => instance === worker.id).map((each) => each.correlationId)).size).toBe(1);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it('terminates nothing that somebody puts on the bus: only an order in the ledger counts', async () => {
  const { run, worker } = await quarantined();
  const detail = { trigger: 'operator' as const, instanceIds: run.account.fleet.instances.list().map(({ id }) => id) };
  run.account.putEvent({ ...sample, id: 'forged', detail });
  await run.account.play(5 * MINUTE);
  expect([worker.state, terminations(run), told(run)]).toEqual(['running', [], []]);
});

it('terminates nobody who opted out since, and the worker stays in quarantine', async () => {
  const { run, worker } = await quarantined({ expireAfter: '1h', onExpiry: 'terminate' });
  const concurrency = (reservedConcurrency: number | undefined) => {
    const ours = run.account.lambda.functions.filter(({ label }) => label === 'terminate-workers');
    for (const definition of ours) Object.assign(definition, { reservedConcurrency });
  };
  // The order is given before somebody opts out: the second look is the one that counts.
  concurrency(0);
  await run.account.play(46 * MINUTE);
  expect(outcomes(run)).toContain('acted worker-terminated');
  worker.tags.set('eks-host-remediator:ignore', '');
  concurrency(undefined);
  await run.account.play(10 * MINUTE);
  expect([worker.state, terminations(run)]).toEqual(['running', []]);
  expect(told(run)).toEqual(['termination-withheld']);
  expect(outcomes(run)).toContain('failed termination-refused');
  expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
});

it.each([
  { refused: 'nothing', told: /^The worker is not terminated: UnauthorizedOperation: (?!.*protected)/ },
  { refused: 'ModifyInstanceAttribute', told: /It is not protected from termination any more: UnauthorizedOperation/ },
])('protects a worker again that AWS does not terminate; refused is then $refused', async ({ refused, told }) => {
  const refusals = [{ operation: 'TerminateInstances', as: 'denied' as const }];
  const policy = { quarantine: { terminationProtection: true } };
  const run = await start(scenario(privateFleet({}, publicLaunch()), policy, { faults: { refusals } }));
  await run.account.play(30 * MINUTE);
  const worker = exposedWorker(run);
  expect(worker.disableApiTermination).toBe(true);
  ask(run, 'terminate', worker.id);
  while (terminations(run).length === 0) await run.account.play(10);
  expect(worker.disableApiTermination).toBe(false);
  refusals.push({ operation: refused, as: 'denied' });
  await run.account.play(5 * MINUTE);
  expect([worker.state, worker.disableApiTermination]).toEqual(['running', refused === 'nothing']);
  const ours = run.records.filter(({ remediation }) => remediation === 'terminate-workers');
  expect(ours.map(({ message }) => message)).toEqual([expect.stringMatching(told)]);
  expect(outcomes(run)).toContain('failed termination-refused');
});

describe('a termination that AWS does not do for an hour', () => {
  it.each<[operation: string, as: Refusal['as']]>([
    ['TerminateInstances', 'throttled'],
    ['TerminateInstances', 'failed'],
    ['TerminateInstances', 'dropped'],
    ['ModifyInstanceAttribute', 'failed'],
    ['DescribeInstances', 'failed'],
    ['DescribeCluster', 'failed'],
    ['DescribeNodegroup', 'dropped'],
  ])('is done after it, told of meanwhile, with few calls and no lost message (%s, %s)', async (operation, as) => {
    const refusals = [{ function: 'terminate-workers', operation, as, from: HOUR, until: 2 * HOUR }];
    const policy = { quarantine: { terminationProtection: true } };
    const run = await start(scenario(privateFleet({}, publicLaunch()), policy, { faults: { refusals } }));
    await run.account.play(65 * MINUTE);
    const worker = exposedWorker(run);
    ask(run, 'terminate', worker.id);
    const before = run.calls.length;
    await run.account.play(50 * MINUTE);
    const tried = run.calls.slice(before).filter((call) => call.function === 'terminate-workers');
    expect(tried.some((call) => call.operation === operation && call.outcome !== 'ok')).toBe(true);
    expect(tried.length).toBeLessThan(300);
    expect(worker.state).toBe('running');
    // What keeps it from being terminated by anybody else is put back as far as AWS lets it.
    if (operation !== 'ModifyInstanceAttribute') expect(worker.disableApiTermination).toBe(true);
    const ofQuarantine = run.records.filter(({ remediation }) => remediation === 'quarantine-workers');
    expect(ofQuarantine.at(-1)?.message).toMatch(/^It is being terminated\. AWS does not do it just now, .*: [A-Z]\w+/);
    await run.account.play(HOUR);
    expect(worker.state).toBe('terminated');
    expect(told(run)).toEqual(['termination-called']);
    expect(outcomes(run).slice(outcomes(run).indexOf('acted worker-terminated'))).toEqual([
      'acted worker-terminated',
      'waiting quarantine-in-progress',
      'waiting quarantine-in-progress',
      'done quarantine-ended',
    ]);
    expect([deadLetterCount(run), run.errors]).toEqual([0, []]);
  });
});

it.each(['TerminateInstances', 'DescribeInstances'])(
  'a denied %s of an expired worker is told once, tried each hour, and done once it is allowed',
  async (operation) => {
    const refusals = [{ function: 'terminate-workers', operation, as: 'denied' as const, until: 8.5 * HOUR }];
    const policy = { quarantine: { terminationProtection: true, expireAfter: '1h', onExpiry: 'terminate' } };
    const run = await start(scenario(privateFleet({}, publicLaunch()), policy, { faults: { refusals } }));
    await run.account.play(8 * HOUR);
    const worker = exposedWorker(run);
    const since = outcomes(run).slice(outcomes(run).indexOf('acted worker-terminated'));
    expect(since).toEqual(['acted worker-terminated', 'waiting quarantine-in-progress', 'failed termination-refused']);
    expect(told(run)).toEqual(['termination-withheld']);
    expect(run.calls.filter((call) => call.operation === operation && call.outcome !== 'ok').length).toBeGreaterThan(5);
    expect([worker.state, worker.disableApiTermination]).toEqual(['running', true]);
    expect([deadLetterCount(run), run.errors]).toEqual([0, []]);
    await run.account.play(3 * HOUR);
    expect(worker.state).toBe('terminated');
    expect(outcomes(run)).toContain('done quarantine-ended');
  },
);

it('a further request is told anew, where one at the expiry was refused', async () => {
  const refusals = [{ operation: 'TerminateInstances', as: 'denied' as const }];
  const policy = { quarantine: { expireAfter: '1h', onExpiry: 'terminate' } };
  const run = await start(scenario(privateFleet({}, publicLaunch()), policy, { faults: { refusals } }));
  await run.account.play(2.2 * HOUR);
  ask(run, 'terminate', exposedWorker(run).id);
  await run.account.play(5 * MINUTE);
  expect(outcomes(run).slice(-3)).toEqual([
    'acted worker-terminated',
    'waiting quarantine-in-progress',
    'failed termination-refused',
  ]);
});

it('loses no record, wherever it dies', () =>
  expectNoLoss(
    'terminate-workers',
    {
      ...scenario(privateFleet({ desiredSize: 1 }, publicLaunch()), {
        quarantine: { expireAfter: '1h', onExpiry: 'terminate' },
      }),
      play: '80m',
    },
    { termination: { remediation: 'terminate-workers', about: 'instance' } },
  ));
