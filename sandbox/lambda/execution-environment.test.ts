import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../test/heap.ts';
import { AwsError } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import { account, NOW } from './environment-test-account.ts';
import type { InvocationResult } from './execution-environment.ts';

const resultOf = (answer: InvocationResult): unknown => (answer.ok ? answer.result : answer);

describe('ExecutionEnvironment', () => {
  it('hands over the event and a context that knows the deadline', async () => {
    const { environment, invoke } = account();
    const answer = await invoke(environment(), { action: 'echo', detail: { a: [1] } }, 3000);
    expect(resultOf(answer)).toMatchObject({
      event: { action: 'echo', detail: { a: [1] } },
      context: {
        awsRequestId: 'request-1',
        functionName: 'watcher',
        invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:watcher',
        memoryLimitInMB: '256',
        logGroupName: '/shared',
        remaining: 3000,
      },
    });
  });

  it('brings SDK calls to the account, signed with credentials of its own, in virtual time', async () => {
    const { environment, time, callers } = account();
    const answer = environment().invoke({ action: 'describe', cluster: 'prod' }, { requestId: 'r', timeoutMs: 60_000 });
    await time.play(NOW + 24);
    expect(callers).toEqual([]);
    await time.play(NOW + 25);
    expect(callers).toEqual(['AKIDwatcher ok']);
    expect(resultOf(await answer)).toEqual({ clusterName: 'prod', status: 'ACTIVE' });
  });

  it('serves plain HTTP, too', async () => {
    const { environment, invoke } = account();
    expect(resultOf(await invoke(environment(), { action: 'plainHttp' }))).toMatchObject({ clusterName: 'plain' });
  });

  it('lets the SDK retry what was throttled or lost, after virtual pauses', async () => {
    let calls = 0;
    const { environment, invoke, callers } = account(async (_call, run) => {
      calls += 1;
      if (calls === 1) throw new AwsError('ThrottlingException', 'Rate exceeded');
      if (calls === 2) throw new ConnectionDropped('reply lost');
      return run();
    });
    const answer = await invoke(environment(), { action: 'describe', cluster: 'prod' });
    expect(callers.map((caller) => caller.split(' ').slice(1).join(' '))).toEqual([
      'ThrottlingException',
      'reply lost',
      'ok',
    ]);
    expect(answer.ok).toBe(true);
  });

  it('stays warm from one invocation to the next and starts afresh in another environment', async () => {
    const { environment, invoke } = account();
    const [one, other] = [environment(), environment()];
    const counts = [];
    for (const target of [one, one, other, one]) counts.push(resultOf(await invoke(target, { action: 'count' })));
    expect(counts).toEqual([1, 2, 1, 3]);
  });

  it('keeps variables, globals and listeners of two environments apart, and from the process', async () => {
    const { environment, invoke } = account();
    const [one, other] = [environment('one', { STAGE: 'a' }), environment('other', { STAGE: 'b' })];
    const listeners = process.listenerCount('SIGTERM');
    expect(resultOf(await invoke(one, { action: 'environment' }))).toMatchObject({
      STAGE: 'a',
      AWS_REGION: 'eu-central-1',
      AWS_LAMBDA_FUNCTION_NAME: 'one',
      AWS_ACCESS_KEY_ID: 'AKIDone',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
    });
    expect(resultOf(await invoke(other, { action: 'environment' }))).toMatchObject({ STAGE: 'b' });
    expect(resultOf(await invoke(one, { action: 'environment' }))).not.toHaveProperty('HOME');
    expect(resultOf(await invoke(one, { action: 'mark' }))).toBe(1);
    expect(resultOf(await invoke(other, { action: 'mark' }))).toBe(1);
    expect(resultOf(await invoke(one, { action: 'mark' }))).toBe(2);
    expect(globalThis).not.toHaveProperty('marked');
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
  });

  it('shares no store of the SDK and Powertools with the process, even where that has one', async () => {
    const { environment, invoke } = account();
    const before = Object.getOwnPropertyDescriptor(globalThis, 'awslambda');
    const store = {};
    Object.defineProperty(globalThis, 'awslambda', { value: store, configurable: true, writable: true });
    try {
      expect(await invoke(environment(), { action: 'describe', cluster: 'prod' })).toMatchObject({ ok: true });
      expect(store).toEqual({});
    } finally {
      Object.defineProperty(
        globalThis,
        'awslambda',
        before ?? { value: undefined, configurable: true, writable: true },
      );
    }
  });

  it.each([
    ['answered', 60_000],
    ['killed in the middle of a call', 10],
  ])('leaves nothing behind in the process once its account is dropped: %s', async (_how, playedMs) => {
    const weak = await (async () => {
      const { environment, time } = account();
      const target = environment();
      const answer = target.invoke({ action: 'describe', cluster: 'prod' }, { requestId: 'r', timeoutMs: 60_000 });
      await time.play(NOW + playedMs);
      if (playedMs === 10) target.kill();
      await answer;
      return new WeakRef(time);
    })();
    // Something that ends in a later turn of the event loop keeps it alive until then.
    for (let turn = 0; turn < 20 && weak.deref() !== undefined; turn += 1) {
      await new Promise(setImmediate);
      collectGarbage();
    }
    expect(weak.deref()).toBeUndefined();
  });

  it('lives in virtual time and seeded chance', async () => {
    const { environment, invoke } = account();
    const target = environment();
    const date = '2026-01-05T10:00:00.000Z';
    expect(resultOf(await invoke(target, { action: 'now' }))).toEqual({ now: NOW, date, instance: true });
    expect(resultOf(await invoke(target, { action: 'sleep', ms: 5000 }))).toBe(5000);
    const chance = resultOf(await invoke(target, { action: 'chance' }));
    expect(chance).not.toEqual(resultOf(await invoke(target, { action: 'chance' })));
    const again = account();
    const twin = again.environment();
    await again.invoke(twin, { action: 'now' });
    await again.invoke(twin, { action: 'sleep', ms: 5000 });
    expect(resultOf(await again.invoke(twin, { action: 'chance' }))).toEqual(chance);
  });

  it('hands on lines of every console and stream', async () => {
    const { environment, invoke, lines } = account();
    await invoke(environment(), { action: 'speak' });
    expect(lines.slice(0, 3)).toEqual(['from console 1', 'from', 'Console']);
    expect(lines[3]).toMatch(
      /^no newline\{"level":"INFO","message":"from logger","timestamp":"2026-01-05T10:00:00.000Z"/,
    );
  });

  it('times out by virtual time and is dead then', async () => {
    const { environment, invoke } = account();
    const target = environment();
    expect(await invoke(target, { action: 'never' }, 3000)).toEqual({
      ok: false,
      kind: 'timeout',
      error: {
        name: 'Sandbox.Timedout',
        message: '2026-01-05T10:00:03.000Z request-1 Task timed out after 3.00 seconds',
        stack: '',
      },
    });
    expect(target).toMatchObject({ alive: false, busy: false });
    expect(() => target.invoke({}, { requestId: 'r', timeoutMs: 1 })).toThrow('has ended');
  });

  it.each([
    ['fail', 'RangeError', 'out of range', true],
    ['laterFail', 'RangeError', 'later', false],
    ['exit', 'Runtime.ExitError', 'Runtime exited with error: exit status 3', false],
  ])('reports the error of %s', async (action, name, message, alive) => {
    const { environment, invoke } = account();
    const target = environment();
    expect(await invoke(target, { action })).toMatchObject({ ok: false, kind: 'error', error: { name, message } });
    expect(target.alive).toBe(alive);
  });

  it('is never reached by answers or timers after a kill, while the call itself is done', async () => {
    const { environment, time, callers, lines } = account();
    const target = environment();
    const answer = target.invoke({ action: 'describe', cluster: 'prod' }, { requestId: 'r', timeoutMs: 60_000 });
    await time.play(NOW + 10);
    target.kill();
    await time.play(NOW + 120_000);
    expect(await answer).toMatchObject({ ok: false, error: { name: 'Runtime.ExitError' } });
    expect(callers).toEqual(['AKIDwatcher ok']);
    expect(lines).toEqual([]);
    expect(target).toMatchObject({ alive: false, busy: false });
  });

  it('is frozen between invocations: what falls due meanwhile waits for the next one', async () => {
    const { environment, time, invoke, lines } = account();
    const target = environment();
    await invoke(target, { action: 'unawaited' });
    await time.play(time.now + 60_000);
    expect(lines).toEqual([]);
    await invoke(target, { action: 'count' });
    expect(lines).toEqual(['late']);
  });

  it('sees no files, and no way out but the account', async () => {
    const { environment, invoke } = account();
    const target = environment();
    expect(resultOf(await invoke(target, { action: 'files' }))).toEqual([false, false, 'ENOENT']);
    const error = { name: 'AwsError', message: 'The sandbox does not implement net.connect in functions.' };
    expect(await invoke(target, { action: 'wayOut' })).toMatchObject({ error });
    expect(await invoke(target, { action: 'fetch' })).toMatchObject({ error: { name: 'AwsError' } });
  });

  it('is busy only while it computes', async () => {
    const { environment, time } = account();
    const target = environment();
    expect(target.busy).toBe(false);
    const answer = target.invoke({ action: 'describe', cluster: 'prod' }, { requestId: 'r', timeoutMs: 60_000 });
    expect(target.busy).toBe(true);
    await time.play(NOW + 10);
    expect(target.busy).toBe(false);
    await time.play(NOW + 30);
    await answer;
    expect(target.busy).toBe(false);
  });
});
