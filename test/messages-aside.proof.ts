import { expect, it } from 'vitest';
import { sample as running } from '../events/ec2-instance-running.ts';
import { sample as findings } from '../events/inspector-package-finding.ts';
import { sample as posture } from '../events/posture-reconcile-request.ts';
import { sample as request } from '../events/remediation-request.ts';
import { MINUTE, start } from './harness.ts';
import { privateFleet } from './quarantine.fixture.ts';

/** The second request about a worker comes back to the queue. */
const asked = ['1', '2'].map((id) => ({
  ...request,
  id,
  detail: {
    action: 'approve',
    remediation: 'manage-ssm-agent',
    instanceId: 'i-0f3a5c7e9b1d2f4a6',
    requestedBy: 'ada',
    why: 'seen',
  },
}));

/** A function, events in its queue, and the call that fails in the reconcile of those events. */
const FAILING = [
  { of: 'check-posture', queue: /CheckPosture/, events: [posture], operation: 'DescribeInstances' },
  { of: 'manage-ssm-agent', queue: /Agent/, events: asked, operation: 'SendMessageBatch' },
  { of: 'quarantine-workers', queue: /Quarantine/, events: [running], operation: 'SendMessageBatch' },
  { of: 'triage-findings', queue: /Triage/, events: [findings], operation: 'DescribeInstances' },
] as const;

it.each(FAILING)('$of puts a message that it does not understand aside once while $operation fails', async (each) => {
  const { of, operation } = each;
  const faults = { refusals: [{ function: of, operation, as: 'failed' as const, from: 20 * MINUTE }] };
  const run = await start({ fleet: privateFleet(), seed: 5, inProcess: true, play: '30m', faults });
  const queue = run.account.sqs.queues.find(
    ({ name, settings }) => each.queue.test(name) && settings.redrive !== undefined,
  );
  const time = new Date(run.account.time.now).toISOString();
  const bodies = [...each.events.map((event) => JSON.stringify({ ...event, time })), '{"not": "ours"}'];
  // A moment later all of them are one batch.
  const delaySeconds = Math.max(10, queue?.settings.delaySeconds ?? 0);
  for (const body of bodies) queue?.send({ body, delaySeconds });
  await run.account.play(6 * MINUTE);
  const [failed] = run.errors.filter((line) => JSON.parse(line).service === of);
  const asides = run.records.filter(({ remediation, reason }) => remediation === of && reason === 'invalid-event');
  const [aside] = asides;
  expect(asides).toHaveLength(1);
  // In the same reconcile, before it fails: the next deliveries may bring the messages one by one.
  expect(Date.parse(aside?.time ?? '')).toBeLessThanOrEqual(Date.parse(JSON.parse(failed ?? '{}').timestamp));
});
