import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../account/faults.ts';
import {
  type Behaviour,
  functionResources,
  HOUR,
  type Invocation,
  MINUTE,
  SECOND,
  servicesUnderTest,
} from '../stack/services-under-test.ts';

/** An account with the function `Worker`. */
async function functionUnderTest(
  behave: (invocation: Invocation) => Behaviour = () => ({}),
  properties: object = {},
  faultPlan: FaultPlan = {},
) {
  const account = servicesUnderTest({ behave, faultPlan });
  const Dead = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } };
  const stack = await account.deploy({ Dead, ...functionResources('Worker', properties) });
  const name = stack.ref('AWS::Lambda::Function');
  const group = `/aws/lambda/${name}`;
  return {
    ...account,
    name,
    invokeAt: () => account.invocations.map(({ at }) => at),
    platformLines: (type: string) =>
      account.logs
        .group(group)
        .events.map(({ message, stream }) => ({ stream, line: JSON.parse(message) }))
        .filter(({ line }) => line.type === type),
  };
}

describe('an invocation', () => {
  it('starts an environment cold, and uses it again while it is warm', async () => {
    const { lambda, name, play, platformLines } = await functionUnderTest(() => ({ ms: 100, result: 'done' }));
    const first = lambda.invoke(name, {});
    await play(SECOND);
    expect(await first).toEqual({ ok: true, result: 'done' });
    void lambda.invoke(name, {});
    await play(3 * HOUR);
    void lambda.invoke(name, {});
    await play(SECOND);
    const reports = platformLines('platform.report');
    expect(reports.map(({ line }) => line.record.metrics.initDurationMs !== undefined)).toEqual([true, false, true]);
    expect(new Set(reports.map(({ stream }) => stream)).size).toBe(2);
    expect(reports[0]?.line.record).toMatchObject({
      status: 'success',
      metrics: { durationMs: 100, memorySizeMB: 128 },
    });
  });

  it('gets an environment of its own while another one runs', async () => {
    const { lambda, name, play, platformLines } = await functionUnderTest(() => ({ ms: 5 * SECOND }));
    for (let n = 0; n < 3; n++) void lambda.invoke(name, {});
    await play(MINUTE);
    expect(platformLines('platform.initStart')).toHaveLength(3);
  });

  it('is throttled beyond the reserved concurrency', async () => {
    const { lambda, name, play } = await functionUnderTest(() => ({ ms: SECOND }), { ReservedConcurrentExecutions: 1 });
    const outcomes = [lambda.invoke(name, {}), lambda.invoke(name, {})];
    await play(MINUTE);
    expect((await Promise.all(outcomes)).map((outcome) => (outcome.ok ? 'ok' : outcome.kind))).toEqual([
      'ok',
      'throttled',
    ]);
  });

  it('reports a timeout, and goes on in the environment only if that lives', async () => {
    const { lambda, name, play, platformLines } = await functionUnderTest(() => ({ ms: MINUTE }));
    const outcome = lambda.invoke(name, {});
    await play(MINUTE);
    expect(await outcome).toMatchObject({ ok: false, kind: 'timeout' });
    expect(platformLines('platform.report')[0]?.line.record.status).toBe('timeout');
  });

  it('ends at once when its environment crashes; the next one gets a new environment', async () => {
    const { lambda, name, play, invocations, platformLines, time } = await functionUnderTest(() => ({
      ms: 10 * SECOND,
    }));
    const outcome = lambda.invoke(name, {});
    await play(SECOND);
    lambda.crash(invocations[0]?.requestId ?? '');
    await play(0);
    expect(await outcome).toMatchObject({ ok: false, kind: 'error', error: { name: 'Runtime.ExitError' } });
    void lambda.invoke(name, {});
    await time.play(time.now + MINUTE);
    expect(platformLines('platform.initStart')).toHaveLength(2);
  });

  it('is known by its access key while it runs', async () => {
    const { lambda, name, play, invocations } = await functionUnderTest(() => ({ ms: 10 * SECOND }));
    void lambda.invoke(name, {});
    await play(SECOND);
    const { accessKeyId = '', requestId } = invocations[0] ?? {};
    const caller = { function: 'worker', roleLogicalId: 'WorkerRole' };
    expect(lambda.callerOf(accessKeyId)).toEqual({ ...caller, invocationId: requestId });
    await play(MINUTE);
    expect(lambda.callerOf(accessKeyId)).toEqual(caller);
    expect(lambda.callerOf('AKIAUNKNOWN')).toBeUndefined();
  });
});

describe('an asynchronous invocation', () => {
  it('is retried after one minute and two more, then dropped', async () => {
    const { lambda, name, play, invokeAt } = await functionUnderTest(() => ({ ms: 0, error: 'broken' }));
    lambda.invokeAsynchronously(name, { n: 1 });
    await play(HOUR);
    const at = invokeAt();
    expect(at.slice(1).map((time, index) => time - (at[index] ?? 0))).toEqual([MINUTE, 2 * MINUTE]);
    expect(lambda.dropped).toMatchObject([{ event: { n: 1 }, reason: 'broken' }]);
  });

  it('keeps its request id, and ends with the first success', async () => {
    let failures = 1;
    const behave = () => (failures-- > 0 ? { error: 'once' } : {});
    const { lambda, name, play, invocations } = await functionUnderTest(behave);
    lambda.invokeAsynchronously(name, {});
    await play(HOUR);
    expect(invocations).toHaveLength(2);
    expect(new Set(invocations.map(({ requestId }) => requestId)).size).toBe(1);
    expect(lambda.dropped).toEqual([]);
  });

  it('goes to the dead-letter queue in the end', async () => {
    const DeadLetterConfig = { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } };
    const { lambda, name, play, sqs } = await functionUnderTest(() => ({ error: 'broken' }), { DeadLetterConfig });
    lambda.invokeAsynchronously(name, { n: 1 });
    await play(HOUR);
    const [dead] = sqs.byName('dead').receive(10);
    expect(dead?.body).toBe('{"n":1}');
    expect(dead?.attributes.ErrorMessage?.StringValue).toBe('broken');
  });

  it.each([
    ['sometimes', 0.6, 1],
    ['never', 1, 0],
  ])('is tried again where the dead-letter queue %s takes it, and is lost in the end', async (_, rate, taken) => {
    const DeadLetterConfig = { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } };
    const faults = { deliveryFailureRate: rate };
    const { lambda, name, play, sqs, deliveries } = await functionUnderTest(
      () => ({ error: 'broken' }),
      { DeadLetterConfig },
      faults,
    );
    lambda.invokeAsynchronously(name, { n: 1 });
    await play(HOUR);
    expect(sqs.byName('dead').receive(10)).toHaveLength(taken);
    expect(deliveries.lost.map(({ code }) => code)).toEqual(taken === 1 ? [] : ['InternalFailure']);
  });

  it('waits while the function is throttled, without losing a retry', async () => {
    const { lambda, name, play, invocations } = await functionUnderTest(() => ({ ms: 20 * SECOND }), {
      ReservedConcurrentExecutions: 1,
    });
    for (let n = 0; n < 4; n++) lambda.invokeAsynchronously(name, { n });
    await play(HOUR);
    expect(invocations.map(({ event }) => event)).toHaveLength(4);
    expect(lambda.dropped).toEqual([]);
  });
});

it('writes Lambda’s own lines in the text format too', async () => {
  const account = servicesUnderTest({ behave: () => ({ error: 'broken' }) });
  const stack = await account.deploy(functionResources('Worker', { LoggingConfig: { LogFormat: 'Text' } }));
  const name = stack.ref('AWS::Lambda::Function');
  void account.lambda.invoke(name, {});
  await account.play(SECOND);
  const lines = account.logs.group(`/aws/lambda/${name}`).events.map(({ message }) => message.split(/[ :\t]/)[0]);
  expect(lines).toEqual(['INIT_START', 'START', '{"message"', '2026-07-14T09', 'END', 'REPORT']);
});
