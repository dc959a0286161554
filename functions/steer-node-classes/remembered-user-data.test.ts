import { expect, it } from 'vitest';
import { NEVER_SEEN } from '../shared/ledger/node-class-ledger.ts';
import { classView } from './observation.fixture.ts';
import { rememberedUserData } from './remembered-user-data.ts';

const own = { embedded: [{ key: 'a PEM certificate', isClusters: false, certificates: ['x'] }] };
const none = { embedded: [] };

it('is kept where user data embeds certificates or did, until the class is gone, also while the class cannot be read', () => {
  const remembered = (view: Parameters<typeof rememberedUserData>[0], before = {}) =>
    rememberedUserData(view, { ...NEVER_SEEN, ...before }).userData;
  expect(remembered(classView({ userData: own }))).toEqual(own);
  expect(remembered(classView({ userData: none }))).toBeUndefined();
  expect(remembered(classView({ userData: none }), { userData: own })).toEqual(none);
  expect(remembered({ kind: 'unreadable', why: '', variant: '' }, { userData: own })).toEqual(own);
  expect(remembered({ kind: 'gone' }, { userData: own })).toBeUndefined();
});
