import { describe, expect, it } from 'vitest';
import type { Crash } from '../sandbox/account/faults.ts';
import type { Run } from '../sandbox/play.ts';
import { drainFleet, drainPolicy, drainStory, groupIn, hookStory, terminateOne } from './drain-nodes.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { lostRecords } from './lost-records.ts';
import { setPolicy } from './quarantine.fixture.ts';
import { sampled } from './sampled.ts';

const NAME = 'drain-nodes';

const COUNTED = {
  'drain-hook': { remediation: NAME, about: 'nodegroup' },
  drain: { remediation: NAME, about: 'instance' },
} as const;

/** A hook is made, one node is drained, and the mode goes off while another one waits. */
async function life(crash?: Crash): Promise<{ readonly run: Run; readonly ended: readonly string[] }> {
  const held = { name: 'cart', replicas: 3, disruptionBudget: { maxUnavailable: 1 } };
  const run = await start({
    fleet: drainFleet({ size: 3, workloads: [held] }),
    policy: drainPolicy({ within: '30m' }),
    inProcess: true,
    play: '70m',
    ...(crash !== undefined && { faults: { crash } }),
  });
  await run.account.play(HOUR);
  const ended = [terminateOne(run)];
  await run.account.play(90 * MINUTE);
  ended.push(terminateOne(run));
  await run.account.play(30_000);
  setPolicy(run, JSON.stringify(drainPolicy({ mode: 'off' })));
  await run.account.play(3 * HOUR);
  return { run, ended };
}

const undisturbed = await life();
const calls = undisturbed.run.calls.filter((call) => call.function === NAME);

async function expectTheEnd({ run, ended }: Awaited<ReturnType<typeof life>>, where: string): Promise<void> {
  const group = groupIn(run);
  expect([group.hooks.size, group.retainsAbandoned], where).toEqual([0, false]);
  expect(
    [...group.members.values()].map(({ lifecycleState }) => lifecycleState),
    where,
  ).toEqual(Array.from({ length: 3 }, () => 'InService'));
  // Whether somebody still waits when the hook is to be removed is a matter of when the next look comes.
  expect(new Set(hookStory(run).filter((told) => told !== 'waiting hook-in-use')), where).toEqual(
    new Set(['acted hook-made', 'done hook-stands', 'acted hook-removed', 'skipped mode-off']),
  );
  for (const id of ended) expect(drainStory(run, id).at(-1), where).toBe('done node-ended');
  expect(new Set(drainStory(run, ended[0] ?? '')), where).toContain('acted node-drained');
  expect(await lostRecords(run, COUNTED), where).toEqual([]);
  expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
  expect(deadLetterCount(run), where).toBe(0);
}

it('with the mode off the node that waits is let go, and hook and retention are taken back', async () => {
  await expectTheEnd(undisturbed, 'undisturbed');
  expect(hookStory(undisturbed.run)).toContain('waiting hook-in-use');
  const [, last = ''] = undisturbed.ended;
  expect(drainStory(undisturbed.run, last)).toEqual([
    'waiting node-draining',
    'skipped node-let-go',
    'done node-ended',
  ]);
});

describe('a function that dies at its n-th call', () => {
  it.each(['before', 'after'] as const)('%s the call is done: the end is the same, for every n', async (when) => {
    expect(calls.length).toBeGreaterThan(30);
    for (const call of sampled(
      Array.from(calls, (_, index) => index + 1),
      12,
    )) {
      const where = `${when} call ${call}, ${calls[call - 1]?.operation}`;
      await expectTheEnd(await life({ function: NAME, call, when }), where);
    }
  });
});
