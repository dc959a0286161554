import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { checkNow, fleet, OPEN, told } from './posture.fixture.ts';

type Worker = ReturnType<Run['account']['fleet']['instances']['list']>[number];

const FAILED = 'web refused posture-failed 3.2.4';

it.each([
  ['prints something else', (worker: Worker) => Object.assign(worker, { commands: { script: { output: '{}' } } })],
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
