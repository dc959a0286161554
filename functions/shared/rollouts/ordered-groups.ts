import { unmanagedGroup } from '../fleet/worker.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { keyOf, type NodeGroupKey } from '../ledger/node-group-key.ts';
import { readNodeGroups } from '../ledger/node-group-ledger.ts';
import { readStates } from '../ledger/refresh-ledger.ts';
import { readReplacementOrders } from '../ledger/replacement-orders.ts';
import type { Progress } from '../ledger/rollout-memory.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import { rememberedPlace } from './wave-place.ts';

/** How far the replacement of a group's nodes is, by the last look at the group. */
export interface ReplacementState {
  /** Whether nodes of the group are being replaced. */
  readonly isUnderWay: boolean;
  /** The reason of the last record; absent where nobody has looked. */
  readonly reason?: string | undefined;
  readonly progress?: Progress | undefined;
}

/** A group with an order to replace nodes, as groups of later waves go by it. */
export interface OrderedGroup {
  readonly key: NodeGroupKey;
  /** The place of its wave, from 0. */
  readonly wave: number;
  readonly state: ReplacementState;
}

/** The states of all groups, managed and self-managed, with an order that counts, by `subjectOf`. */
export const readOrderedStates = async (ledger: Ledger, now: number): Promise<Map<string, ReplacementState>> =>
  readReplacementStates(ledger, [...(await readReplacementOrders(ledger, now)).keys()]);

/**
 * The states of groups, by `subjectOf`. `upgrade-node-groups` says how managed ones are, and `refresh-groups` the others:
 * the former remembers of those only that they are none of its own.
 */
export async function readReplacementStates(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, ReplacementState>> {
  const isManaged = (subject: string) => unmanagedGroup(keyOf(subject).nodegroup) === undefined;
  const [managed, selfManaged] = await Promise.all([
    readNodeGroups(ledger, subjects.filter(isManaged)),
    readStates(
      ledger,
      subjects.filter((subject) => !isManaged(subject)),
    ),
  ]);
  return new Map(
    subjects.map((subject) => {
      const [upgraded, refreshed] = [managed.get(subject), selfManaged.get(subject)];
      const { reason, progress } = upgraded ?? refreshed ?? {};
      const isUnderWay = upgraded?.upgrade !== undefined || refreshed?.refresh !== undefined;
      return [subject, { isUnderWay, reason, progress }];
    }),
  );
}

/** The groups with an order in their waves; a pure function. */
export const inWaves = (
  states: ReadonlyMap<string, ReplacementState>,
  policy: RolloutPolicy,
): readonly OrderedGroup[] =>
  [...states].map(([subject, state]) => {
    const key = keyOf(subject);
    return { key, wave: rememberedPlace(key, state.progress, policy), state };
  });
