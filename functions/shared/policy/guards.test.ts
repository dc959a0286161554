import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OPT_OUT_TAG } from '../fleet/scope.ts';
import { type Guarded, guardOf } from './guards.ts';
import type { Mode } from './mode.ts';
import type { InvalidPolicy } from './policy.ts';

type Policy = { readonly killSwitch: boolean; readonly scope: { readonly clusters?: string[] }; readonly mode: Mode };

const good: Policy = { killSwitch: false, scope: {}, mode: 'enforce' };
const worker: Guarded = { cluster: 'shop', tags: { 'The instance': {}, 'The cluster': {} } };
const optedOut = { [OPT_OUT_TAG]: '' };

const reasonFor = (subject: Partial<Guarded>, policy: Policy | InvalidPolicy) => {
  const guarded = { ...worker, ...subject };
  const verdict = guardOf(guarded, { policy, account: '111122223333' }, { modeIn: ({ mode }) => mode, about: 'tests' });
  return 'guardResult' in verdict ? `${verdict.guardResult.decision} ${verdict.guardResult.reason}` : undefined;
};

/** What each guard checks, in order. Where several apply, the first one is reported. */
const GUARDS: ReadonlyArray<
  readonly [result: string, subject: Partial<Guarded>, policy: Partial<Policy> | InvalidPolicy]
> = [
  ['skipped opted-out', { tags: { 'The instance': {}, 'The cluster': optedOut } }, {}],
  ['refused policy-invalid', {}, { error: 'no JSON' }],
  ['skipped kill-switch', {}, { killSwitch: true }],
  ['skipped mode-off', {}, { mode: 'off' }],
  ['skipped out-of-scope', {}, { scope: { clusters: ['other'] } }],
  ['skipped unknown-cluster', { notAWorker: 'EKS has no such cluster.' }, {}],
  ['failed unreadable', { unreadable: 'AccessDeniedException' }, {}],
];

it('of all guards that hold the first is told, and nobody is acted upon where one holds', () => {
  fc.assert(
    fc.property(fc.subarray([...GUARDS.keys()]), (chosen) => {
      const held = chosen.map((index) => GUARDS[index]!);
      const subject = Object.assign({}, ...held.map(([, of]) => of));
      const policy = Object.assign({}, good, ...held.map(([, , of]) => of));
      expect(reasonFor(subject, policy)).toBe(held[0]?.[0]);
    }),
  );
});

it('mode observe is no guard', () => {
  expect(reasonFor({}, { ...good, mode: 'observe' })).toBeUndefined();
});
