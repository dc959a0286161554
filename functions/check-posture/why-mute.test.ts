import { expect, it } from 'vitest';
import { whyMute } from './why-mute.ts';

it.each([
  ['Success', 'What i-1 printed is not what the command prints.'],
  ['Failed', 'The command failed on i-1.'],
  // As the API returns it, and as the user guide writes it.
  ['ExecutionTimedOut', 'The command did not come to its end on i-1.'],
  ['Execution Timed Out', 'The command did not come to its end on i-1.'],
  ['InProgress', 'The command did not come to its end on i-1.'],
  ['Cancelled', 'Somebody cancelled the command on i-1.'],
])('a host whose command is %s told nothing although its agent answers', (status, why) => {
  expect(whyMute('i-1', status)).toBe(why);
});

it.each([
  'Pending',
  'Delayed',
  'DeliveryTimedOut',
  'Delivery Timed Out',
  'Undeliverable',
  'Terminated',
  'AccessDenied',
  'InvalidPlatform',
  undefined,
])('of a command that is %s the agent knows nothing, so nothing is said of the host', (status) => {
  expect(whyMute('i-1', status)).toBeUndefined();
});
