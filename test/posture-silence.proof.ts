import { expect, it } from 'vitest';
import { al2023, DROP_INS, directory, dropIn, file, WITH_DROP_INS } from '../sandbox/account/ssm/node-systems.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { checkNow, fleet, OPEN, told } from './posture.fixture.ts';

type Worker = ReturnType<Run['account']['fleet']['instances']['list']>[number];

/** A node with a drop-in that admits anybody. */
const ANONYMOUS = al2023({
  flags: WITH_DROP_INS,
  files: [
    directory(DROP_INS),
    file(`${DROP_INS}/99-debug.conf`, '0644', dropIn({ authentication: { anonymous: { enabled: true } } })),
  ],
});

const FAILED = 'web refused posture-failed 3.2.4';

it.each([
  ['prints something else', (worker: Worker) => Object.assign(worker, { commands: { script: { output: '{}' } } })],
  ['lets the command hang', (worker: Worker) => Object.assign(worker, { commands: { hangs: true } })],
  ['has the tag of a quarantine', ({ tags }: Worker) => tags.set('eks-host-remediator:quarantine', '2026-07-14')],
])('a finding stays while the worker that failed %s and others pass, and ends with it', async (_what, silence) => {
  const run = await start({
    fleet: fleet(OPEN),
    policy: { posture: { sample: 2 }, quarantine: { mode: 'off' } },
    inProcess: true,
    play: '5h',
  });
  expect(told(run)).toEqual([FAILED]);
  const [first, second] = run.account.fleet.instances
    .list()
    .filter(({ tags }) => tags.get('eks:nodegroup-name') === 'web');
  if (first === undefined || second === undefined) throw new TypeError('The group has two workers.');
  Object.assign(second, { commands: {} });
  silence(first);
  await checkNow(run);
  expect(told(run)).toEqual([FAILED]);
  run.account.fleet.instances.terminate(first, MINUTE, () => {});
  await run.account.play(HOUR);
  for (const worker of run.account.fleet.instances.list()) Object.assign(worker, { commands: {} });
  await checkNow(run);
  expect(told(run)).toEqual([FAILED, 'web done posture-passed 3.2.4']);
});

it('a finding ends with the worker that was mended, while an older one goes on failing another check', async () => {
  const policy = { posture: { sample: 1 }, quarantine: { mode: 'off' } };
  const run = await start({ fleet: fleet(OPEN), policy, inProcess: true, play: '5h' });
  const sampled = run.records.find(({ reason }) => reason === 'posture-failed')?.details?.instance;
  const workers = run.account.fleet.instances
    .list()
    .filter(({ tags }) => tags.get('eks:nodegroup-name') === 'web')
    .toSorted((a, b) => Number(b.id === sampled) - Number(a.id === sampled));
  const [first, second] = workers;
  if (first === undefined || second === undefined) throw new TypeError('The group has two workers.');
  // While the first one is in quarantine, the other one is looked at, which fails something else.
  first.tags.set('eks-host-remediator:quarantine', '2026-07-14');
  Object.assign(second, { commands: { host: ANONYMOUS } });
  await checkNow(run);
  first.tags.delete('eks-host-remediator:quarantine');
  Object.assign(second, { commands: {} });
  await checkNow(run);
  expect(told(run)).toEqual([FAILED, 'web refused posture-failed 3.2.1', 'web done posture-passed 3.2.1']);
});

it('hosts that let the command hang are told of as hosts, not as agents that do not answer', async () => {
  const run = await start({ fleet: fleet(undefined), inProcess: true, play: '10m' });
  for (const worker of run.account.fleet.instances.list()) Object.assign(worker, { commands: { hangs: true } });
  await run.account.play(48 * HOUR);
  expect(told(run)).toEqual(['batch failed posture-untold ', 'web failed posture-untold ']);
  const untold = run.records.find(({ reason }) => reason === 'posture-untold');
  expect(untold?.message).toMatch(/The command did not come to its end on i-\w+\.$/);
});
