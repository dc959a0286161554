import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decide } from '../../functions/steer-node-classes/decide.ts';
import { circumstances, classView, observationOf } from '../../functions/steer-node-classes/observation.fixture.ts';
import { faultsOf } from './node-class-rules.ts';

const refusals = (amiSelectorTerms: unknown, more: object = { amiFamily: 'AL2023' }) =>
  faultsOf({ amiSelectorTerms, ...more }).map(({ field, message }) => `${field}: ${message}`);

describe('the schema of an EC2NodeClass', () => {
  it.each<[string, unknown, object]>([
    ['a pinned alias', [{ alias: 'al2023@v20260701' }], {}],
    ['an alias of the same family', [{ alias: 'bottlerocket@1.42.0' }], { amiFamily: 'Bottlerocket' }],
    ['an alias with user data of its own', [{ alias: 'al2023@latest' }], { amiFamily: 'Custom' }],
    ['ids and names', [{ id: 'ami-1' }, { name: 'golden-*', owner: 'self' }], { amiFamily: 'AL2023' }],
    ['tags', [{ tags: { team: '*' } }], { amiFamily: 'AL2023' }],
    ['a parameter', [{ ssmParameter: '/golden' }], { amiFamily: 'AL2023' }],
  ])('takes %s', (_, terms, more) => expect(refusals(terms, more)).toEqual([]));

  it.each<[string, unknown, object, RegExp]>([
    ['no term', [], {}, /^spec\.amiSelectorTerms: Too small/],
    ['31 terms', Array.from({ length: 31 }, () => ({ id: 'ami-1' })), {}, /^spec\.amiSelectorTerms: Too big/],
    ['an empty term', [{}], {}, /expected at least one, got none/],
    ['an owner alone', [{ owner: 'self' }], {}, /expected at least one, got none/],
    ['an id with a name', [{ id: 'ami-1', name: 'x' }], {}, /'id' is mutually exclusive/],
    ['an alias with an owner', [{ alias: 'al2023@latest', owner: 'self' }], {}, /'alias' is .* other fields/],
    ['an alias beside another term', [{ alias: 'al2023@latest' }, { id: 'ami-1' }], {}, /'alias' is .* other amiSel/],
    ['an alias without a version', [{ alias: 'al2023@' }], {}, /^spec\.amiSelectorTerms\[0\]\.alias: .*improperly/],
    ['an alias of another family', [{ alias: 'ubuntu@v1' }], {}, /family is not supported/],
    ['a family in capitals', [{ alias: 'AL2023@latest' }], {}, /family is not supported/],
    ['a pinned Windows', [{ alias: 'windows2022@v1' }], { amiFamily: 'Windows2022' }, /only specify version 'latest'/],
    ['a long alias', [{ alias: `al2023@v${'1'.repeat(30)}` }], {}, /Too big.*30/],
    ['a malformed id', [{ id: 'i-1' }], {}, /\[0\]\.id: /],
    ['an empty tag', [{ tags: { team: '' } }], {}, /empty tag keys or values/],
    ['no family', [{ id: 'ami-1' }], { amiFamily: undefined }, /^spec: must specify amiFamily/],
    ['the alias of a family that it has not', [{ alias: 'bottlerocket@latest' }], {}, /amiFamily must be/],
    ['what is no list', { alias: 'al2023@latest' }, {}, /expected array/],
  ])('refuses %s', (_, terms, more, fault) => {
    expect(refusals(terms, { amiFamily: 'AL2023', ...more }).join('\n')).toMatch(fault);
  });

  it('takes whatever steer-node-classes writes, and the patch that it proposes', () => {
    const date = fc.integer({ min: 20260702, max: 20261231 }).map((text) => `v${text}`);
    const number = fc.integer({ min: 0, max: 99 });
    const bottlerocket = fc.tuple(number, number, number).map((parts) => `v${parts.join('.')}`);
    const offered = fc.oneof(
      date.map((version) => ({ family: 'al2023' as const, version })),
      bottlerocket.map((version) => ({ family: 'bottlerocket' as const, version })),
    );
    fc.assert(
      fc.property(offered, fc.boolean(), ({ family, version }, isCode) => {
        const view = classView({
          selection: { kind: 'floats', family },
          terms: [{ alias: `${family}@latest` }],
          running: [],
          offer: { kind: 'offered', versions: [{ version, since: 0, isPublished: true }], pairs: {} },
          ...(isCode && { codeOwner: 'Flux' }),
        });
        const written = decide(observationOf(view), circumstances('enforce')).write;
        const { details } = decide(observationOf(view), circumstances('observe'));
        expect(written === undefined).toBe(isCode);
        const proposed: { spec: { amiSelectorTerms: unknown } } = parse(String(details?.patch));
        for (const terms of [proposed.spec.amiSelectorTerms, ...(written === undefined ? [] : [written])]) {
          expect(refusals(terms, {})).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
