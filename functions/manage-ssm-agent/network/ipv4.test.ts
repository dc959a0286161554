import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Addresses, block, common, union, without } from './ipv4.ts';

const blocks = fc
  .array(fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })), { maxLength: 5 })
  .map((all): Addresses => union(...all.map(([network, bits]) => block(`${network}/${bits}`))));

it('what two sets have in common is what the first has, but for all that the second lacks', () => {
  fc.assert(
    fc.property(blocks, blocks, (one, other) => {
      expect(common(one, other)).toEqual(without(one, without(block('0.0.0.0/0'), other)));
    }),
    { numRuns: 200 },
  );
});
