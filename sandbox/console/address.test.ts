import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FIRST_VIEW, fragmentOf, viewAt } from './browser/address.ts';

const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', '#', '%', ' ', '"', 'ä', '-') });
const subject = fc.oneof(
  fc.record({ cluster: name }),
  fc.record({ cluster: name, nodegroup: name }),
  fc.record({ cluster: name, nodegroup: name, instance: name }),
  fc.record({ instance: name }),
);

it('gives the incident of a subject a link that leads to it, whatever its names', () => {
  fc.assert(
    fc.property(subject, (about) => {
      expect(viewAt(fragmentOf({ params: { subject: about, filter: {} }, forms: {} })).params).toEqual({
        subject: about,
      });
    }),
  );
});

it('reads as people would write it', () => {
  expect(
    fragmentOf({ params: { subject: { cluster: 'shop', nodegroup: 'web', instance: 'i-0abc' } }, forms: {} }),
  ).toBe('#shop/web/i-0abc');
});

it.each(['', '#', '#///'])('shows the first view for %j', (fragment) => {
  expect(viewAt(fragment)).toEqual(FIRST_VIEW);
});

it('takes what is no escape as it is', () => {
  expect(viewAt('#100%').params).toEqual({ subject: { cluster: '100%' } });
});
