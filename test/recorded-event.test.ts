import { expect, it } from 'vitest';
import { sample } from '../events/health-planned-lifecycle.ts';
import { start } from './harness.ts';

it('an event that was recorded in another account and region can be played', async () => {
  const event = { ...sample, account: '999988887777', region: 'us-gov-west-1' };
  const run = await start({ fleet: 'demo', inProcess: true, play: '5m', events: [{ after: 60_000, event }] });
  expect(run.records.filter(({ trigger }) => trigger.id === sample.id)).not.toEqual([]);
});
