import { describe, expect, it } from 'vitest';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { type FaultPlan, Faults } from './faults.ts';
import type { PlannedCall } from './planned-call.ts';

const call: PlannedCall = {
  service: { signingName: 'eks' },
  caller: { function: 'worker', invocationId: 'invocation-1' },
};
const operatorCall: PlannedCall = { service: { signingName: 'eks' }, caller: { function: 'operator' } };

function faultsUnderTest(plan: FaultPlan, seed = 1) {
  const time = new VirtualTime(0);
  const crashed: string[] = [];
  const faults = new Faults({ time, random: new Random(seed) }, plan, (invocationId) => crashed.push(invocationId));
  let done = 0;
  /** Makes one call, and returns how it ended. */
  const attempt = async (planned = call): Promise<string> => {
    const outcome = faults
      .aroundCall(planned, async () => ++done)
      .then(
        () => 'ok',
        (error: { outcome?: string; code?: string }) => error.outcome ?? error.code ?? 'unknown',
      );
    await time.play(time.now + 1_000);
    return outcome;
  };
  return { faults, time, crashed, attempt, done: () => done };
}

describe('a call', () => {
  it('takes 10 to 60 ms of virtual time', async () => {
    const { faults, time } = faultsUnderTest({});
    const times = Array.from({ length: 50 }, () => faults.aroundCall(call, () => time.now));
    await time.play(1_000);
    const ended = await Promise.all(times);
    expect(Math.min(...ended)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...ended)).toBeLessThanOrEqual(60);
    expect(new Set(ended).size).toBeGreaterThan(10);
  });

  it.each<[string, FaultPlan, string, number]>([
    ['is throttled with the code of its service, and not done', { throttleRate: 1 }, 'ThrottlingException', 0],
    ['fails with the code of its service, and is not done', { serverErrorRate: 1 }, 'ServerException', 0],
    ['is lost, and not done', { lostRequestRate: 1 }, 'request lost', 0],
    ['is done, but its reply lost', { lostReplyRate: 1 }, 'reply lost', 1],
  ])('%s', async (_, plan, outcome, done) => {
    const underTest = faultsUnderTest(plan);
    expect(await underTest.attempt()).toBe(outcome);
    expect(underTest.done()).toBe(done);
    expect(await underTest.attempt(operatorCall)).toBe('ok');
  });

  it('is refused each time where it names what is refused, with the code of its service', async () => {
    const refusals = [{ operation: 'StopInstances', naming: 'i-1', as: 'denied' as const }];
    const { attempt, done } = faultsUnderTest({ refusals });
    const stop = (...ids: string[]): PlannedCall => ({
      ...call,
      service: { signingName: 'ec2' },
      operation: 'StopInstances',
      input: { InstanceIds: ids },
    });
    expect(await attempt(stop('i-1', 'i-2'))).toBe('UnauthorizedOperation');
    expect(await attempt(stop('i-1'))).toBe('UnauthorizedOperation');
    expect(await attempt(stop('i-2'))).toBe('ok');
    expect(await attempt({ ...stop('i-1'), operation: 'StartInstances' })).toBe('ok');
    expect(done()).toBe(2);
  });

  it('is refused for a time only, with an error that a test chooses, or without an answer', async () => {
    const odd = { operation: 'A', as: { code: 'Odd', status: 418 }, from: 2_000, until: 4_000 };
    const { attempt } = faultsUnderTest({
      refusals: [odd, { operation: 'B', as: 'dropped' }, { operation: 'C', as: 'failed' }],
    });
    const outcomes: string[] = [];
    for (const operation of ['A', 'A', 'A', 'A', 'A', 'B', 'C']) outcomes.push(await attempt({ ...call, operation }));
    expect(outcomes).toEqual(['ok', 'ok', 'Odd', 'Odd', 'ok', 'request lost', 'ServerException']);
  });

  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)('%s which the caller crashes comes to nothing else', async (when, done) => {
    const underTest = faultsUnderTest({ crash: { function: 'worker', call: 2, when } });
    const outcomes = [await underTest.attempt(), await underTest.attempt()];
    expect(outcomes).toEqual(['ok', 'caller crashed']);
    expect([underTest.done(), underTest.crashed]).toEqual([done, ['invocation-1']]);
    expect(await underTest.attempt()).toBe('ok');
  });

  it('fails now and then by chance, the same way for the same seed', async () => {
    const outcomes = async (seed: number) => {
      const { attempt } = faultsUnderTest({ throttleRate: 0.3, lostReplyRate: 0.2 }, seed);
      const ended: string[] = [];
      for (let n = 0; n < 30; n++) ended.push(await attempt());
      return ended;
    };
    const first = await outcomes(1);
    expect(new Set(first)).toEqual(new Set(['ok', 'ThrottlingException', 'reply lost']));
    expect(await outcomes(1)).toEqual(first);
    expect(await outcomes(2)).not.toEqual(first);
  });
});

it('nothing goes wrong unless it is asked for', async () => {
  const { faults, attempt } = faultsUnderTest({});
  expect(await attempt()).toBe('ok');
  expect([faults.messageCopies, faults.eventCopies, faults.extraDeliveryDelayMs()]).toEqual([1, 1, 0]);
  expect(() => faults.failDelivery()).not.toThrow();
});
