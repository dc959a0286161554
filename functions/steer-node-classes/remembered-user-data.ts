import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import type { View } from './node-class.ts';

/**
 * What is remembered of the user data of a class, for `watch-support-dates`; a pure function. A class whose user data
 * never embedded a certificate needs no memory. One that cannot be read keeps what was seen last.
 */
export function rememberedUserData(
  view: View,
  { userData, codeOwner }: NodeClassState,
): Pick<NodeClassState, 'userData' | 'codeOwner'> {
  if (view.kind === 'gone') return { userData: undefined, codeOwner: undefined };
  if (view.kind !== 'class') return { userData, codeOwner };
  const isEmpty = 'embedded' in view.userData && view.userData.embedded.length === 0;
  if (isEmpty && userData === undefined) return { userData: undefined, codeOwner: undefined };
  return { userData: view.userData, codeOwner: view.codeOwner };
}
