import { expect, it } from 'vitest';
import { stateOf } from './refresh-ledger.ts';

const [FIRST, SECOND] = ['1', '2'].map((id) => `arn:aws:autoscaling:eu-central-1:1:autoScalingGroup:${id}`);
const failures = { target: 'ami-1', count: 1, resumed: 0 };
const known = { outcomes: 3, revision: 7, arn: FIRST, answered: 'r-1', lifts: [], failures, fingerprint: 'x' };

it('failures of a group do not hold up another one that was made under its name', () => {
  expect(stateOf(SECOND, known)).toEqual({ outcomes: 3, revision: 7, arn: FIRST, answered: 'r-1', lifts: [] });
});

it.each([
  ['the same group', FIRST, known],
  ['a group that Auto Scaling does not show', undefined, known],
  ['an item of an earlier release', SECOND, { ...known, arn: undefined }],
])('%s keeps what is remembered of it', (_what, arn, state) => {
  expect(stateOf(arn, state)).toEqual(state);
});
