import { expect, it } from 'vitest';
import type { Refusal } from '../sandbox/account/refusals.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { ask, exposedWorker, ours, outcomes, privateFleet, scenario } from './quarantine.fixture.ts';

/** Somebody associates an address with a worker that has joined. */
const addressed = { changes: [{ at: '+2m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }] };
const TAINT = 'eks-host-remediator/quarantine';

/** Releases a worker whose cluster then does not do what its node needs, for some hours. */
async function released(as: Refusal['as'], hours: number, operation = 'PATCH nodes') {
  const fault = { function: 'quarantine-workers', operation, as, from: HOUR, until: (1 + hours) * HOUR };
  const run = await start(scenario(privateFleet({}, addressed), {}, { faults: { refusals: [fault] } }));
  await run.account.play(65 * MINUTE);
  const worker = exposedWorker(run);
  const nodes = () => run.account.kubernetes.objects('shop', 'nodes');
  const isTainted = () => nodes().some((node) => JSON.stringify(node).includes(TAINT));
  expect(isTainted()).toBe(true);
  ask(run, 'release', worker.id);
  const told = () =>
    outcomes(run)
      .slice(outcomes(run).indexOf('acted release-started'))
      .filter((each) => each !== 'skipped accepted-exposure');
  return { run, isTainted, told };
}

it.each<[string, Refusal['as']]>([
  ['fails', 'failed'],
  ['is throttled', 'throttled'],
  ['does not answer', 'dropped'],
  ['has a webhook that nobody answers for', { code: 'InternalError', status: 500, message: 'failed calling webhook' }],
])('a node is given back once its cluster works again, which %s at the release', async (_what, as) => {
  const { run, isTainted, told } = await released(as, 3);
  await run.account.play(90 * MINUTE);
  expect(told()).toEqual(['acted release-started', 'waiting release-in-progress']);
  expect(ours(run).at(-1)?.message).toMatch(
    /^All else .* restored\. Waiting for: the state of node \S+ \(The Kubernetes/,
  );
  expect(isTainted()).toBe(true);
  await run.account.play(2 * HOUR);
  expect(told()).toEqual(['acted release-started', 'waiting release-in-progress', 'done released']);
  expect(isTainted()).toBe(false);
  expect(deadLetterCount(run)).toBe(0);
});

it('a release does not wait for a cluster for ever: it is told once what is left to do', async () => {
  const { run, told } = await released('failed', 48);
  await run.account.play(30 * HOUR);
  expect(told()).toEqual(['acted release-started', 'waiting release-in-progress', 'failed released-in-part']);
  const calls = run.calls.length;
  await run.account.play(2 * HOUR);
  expect(run.calls.slice(calls).filter(({ operation }) => operation === 'PATCH nodes')).toEqual([]);
});

it('a release does not wait for a cluster that refuses', async () => {
  const denied = { code: 'Forbidden', status: 403, message: 'admission webhook "a.b" denied the request: no' };
  const { run, told } = await released(denied, 3);
  await run.account.play(30 * MINUTE);
  expect(told()).toEqual(['acted release-started', 'failed released-in-part']);
});
