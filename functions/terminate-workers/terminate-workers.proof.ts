import { expect, it } from 'vitest';
import { sample } from '../../events/termination-request.ts';
import { MINUTE, start } from '../../test/harness.ts';
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
