import { InvalidInstanceId } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { sendApart } from './send-apart.ts';

const denied = () => Object.assign(new Error('explicit deny'), { name: 'AccessDeniedException' });
const ids = (count: number) => Array.from({ length: count }, (_, index) => `i-${index}`);

it('sends a command to all but the instances that a policy keeps it from', async () => {
  const bad = new Set(['i-3', 'i-77']);
  const sent: string[] = [];
  const outcomes = await sendApart(async (batch) => {
    expect(batch.length).toBeLessThanOrEqual(50);
    if (batch.some((id) => bad.has(id))) throw denied();
    sent.push(...batch);
    return 'sent';
  }, ids(120));
  const others = [...outcomes].filter(([, outcome]) => !('sent' in outcome));
  expect(others).toEqual([...bad].map((id) => [id, { denied: 'AccessDeniedException: explicit deny' }]));
  expect(new Set(sent).size).toBe(118);
  expect(sent).toHaveLength(118);
});

it('tells an agent that takes no command from a policy', async () => {
  const invalid = new InvalidInstanceId({ message: 'not in a valid state', $metadata: {} });
  const outcomes = await sendApart(async (batch) => {
    if (batch.includes('i-1')) throw invalid;
    return 'sent';
  }, ids(2));
  expect(Object.fromEntries(outcomes)).toEqual({
    'i-0': { sent: 'sent' },
    'i-1': { deaf: 'InvalidInstanceId: not in a valid state' },
  });
});

it('does not ask for each of many instances where access is denied for all', async () => {
  let calls = 0;
  const outcomes = await sendApart(async () => {
    calls += 1;
    throw denied();
  }, ids(1_000));
  expect(outcomes.size).toBe(1_000);
  expect(calls).toBeLessThan(60);
});

it('throws what may pass', async () => {
  const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  await expect(sendApart(async () => Promise.reject(throttled), ids(2))).rejects.toBe(throttled);
});
