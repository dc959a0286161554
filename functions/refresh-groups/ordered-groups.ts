import type { Ledger } from '../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { NEVER_SEEN, type RefreshState, readStates } from '../shared/ledger/refresh-ledger.ts';
import { readAllReplacementOrders } from '../shared/ledger/replacement-orders.ts';
import { rememberedPlace } from '../shared/rollouts/wave-place.ts';
import type { Policy } from './policy.ts';

/** A group with an order to replace workers, as groups of later waves go by it. */
export interface OrderedGroup {
  readonly key: NodeGroupKey;
  /** The place of its wave, from 0. */
  readonly wave: number;
  readonly state: Pick<RefreshState, 'refresh' | 'reason'>;
}

/** The states of all groups with an order that counts, by `subjectOf`. */
export async function readOrderedStates(
  ledger: Ledger,
  known: ReadonlyMap<string, RefreshState>,
  now: number,
): Promise<Map<string, RefreshState | undefined>> {
  const subjects = [...(await readAllReplacementOrders(ledger, now)).keys()];
  const unknown = await readStates(
    ledger,
    subjects.filter((subject) => !known.has(subject)),
  );
  return new Map(subjects.map((subject) => [subject, known.get(subject) ?? unknown.get(subject)]));
}

/** The groups with an order in their waves; a pure function. */
export const inWaves = (states: ReadonlyMap<string, RefreshState | undefined>, policy: Policy): OrderedGroup[] =>
  [...states].map(([subject, state = NEVER_SEEN]) => {
    const key = keyOf(subject);
    return { key, wave: rememberedPlace(key, state.progress, policy), state };
  });
