import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkPolicy } from '../cli/policy-check.ts';
import { parsePolicy, policySections } from '../functions/policy-document.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';

/** 2026-01-01. */
const NOW = Date.UTC(2026, 0, 1);

const KEYS = [
  'killSwitch',
  'scope',
  'overrides',
  'mode',
  'windows',
  'waves',
  'match',
  '__proto__',
  'constructor',
  'toString',
];
const SECTIONS = Object.keys(policySections);

/** Values that the schema seldom expects: of other types, out of range, with unpaired surrogates or members of prototypes. */
const hostile = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(
      null,
      true,
      '',
      '0 2 * * *',
      '* * * * * *',
      '1h',
      '-1d',
      '9'.repeat(400),
      '\ud800',
      -1,
      1e308,
      2 ** 53,
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS, ...SECTIONS, 'cron', 'timeZone', 'duration'), tie('value')), {
        maxLength: 4,
      })
      // Computed keys, unlike assignments, make `__proto__` a member, as JSON.parse does.
      .map((members) => Object.fromEntries(members)),
  ),
})).value;

const document = fc
  .array(fc.tuple(fc.constantFrom(...KEYS, ...SECTIONS), hostile), { maxLength: 4 })
  .map((members) => JSON.stringify(Object.fromEntries(members)));

const text = fc.oneof(
  document,
  fc.tuple(document, fc.nat(400)).map(([whole, end]) => whole.slice(0, end)),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 1, max: 3000 }).map((depth) => `{"overrides":${'['.repeat(depth)}${']'.repeat(depth)}}`),
);

const untouched = Object.getOwnPropertyNames(Object.prototype).join();

it('no policy document makes the parser or its check throw, or changes Object.prototype', () => {
  fc.assert(
    fc.property(text, (policy) => {
      const parsed = parsePolicy(policy, 'enforce');
      const { faults } = checkPolicy(policy, NOW);
      expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(untouched);
      // What functions cannot read, the check never calls good.
      if (isInvalid(parsed)) expect(faults).not.toEqual([]);
    }),
    { numRuns: 400, seed: 16 },
  );
});
