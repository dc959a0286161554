import { keyOf } from '../shared/ledger/node-group-key.ts';
import type { NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { byTurn, type Contender } from '../shared/ledger/turn-order.ts';
import type { DecisionKind } from '../shared/records/record.ts';
import type { LastWord } from './fleet-status.ts';

/** The next step of a node group, or the proposal for a worker. */
export interface PlannedLine {
  readonly remediation: string;
  readonly cluster: string;
  readonly nodegroup: string;
  /** Empty where the line is about the node group. */
  readonly instance: string;
  /** Absent where nothing was recorded in the last 30 days. */
  readonly decision?: DecisionKind;
  readonly reason: string;
  /** Id of its record; empty where there is none. */
  readonly id: string;
  /** Place in the waitlist, from 1; absent where the node group does not wait. */
  readonly place?: number;
  readonly wave?: string;
  /** Earliest start, epoch milliseconds; absent where the node group may start now or nobody knows. */
  readonly notBefore?: number;
}

/** The function whose waitlist it is. */
const UPGRADES = 'upgrade-node-groups';

/** Reasons of that function for node groups that lack only a slot or an approval. */
const MAY_START: ReadonlySet<string> = new Set([
  'cluster-concurrency',
  'account-concurrency',
  'would-upgrade',
  'approval-required',
]);
const GONE = 'node-group-gone';

/** The order of node groups outside the waitlist: in trouble, then in order, then left alone. */
const REST: ReadonlyArray<DecisionKind | undefined> = [
  'failed',
  'refused',
  'waiting',
  'acted',
  'would-act',
  undefined,
  'done',
  'skipped',
];

/**
 * The next steps in order, as the ledger remembers them; a pure function. Upgrades in progress come first. The waitlist
 * follows: node groups that would start now, then those that wait for their time, wave after wave. All others come
 * next, with their reasons, and proposals for workers come last. A proposal has the place that its node group would
 * have.
 *
 * @param states of all node groups, by `cluster/nodegroup`
 * @param words the last words that still count
 */
export function fleetPlanOf(
  states: ReadonlyMap<string, NodeGroupState>,
  words: readonly LastWord[],
  now: number,
): PlannedLine[] {
  const ofGroups = new Map(
    words.flatMap((word) =>
      word.remediation === UPGRADES && word.instance === '' ? [[`${word.cluster}/${word.nodegroup}`, word]] : [],
    ),
  );
  const known = [...states].flatMap(([subject, state]) => entryOf(subject, state, ofGroups.get(subject), now));
  let places = 0;
  const groups = known.toSorted(inOrder).map(({ line, contender }): PlannedLine => {
    if (contender === undefined) return line;
    places += 1;
    return { ...line, place: places };
  });
  const others = words.filter(({ remediation, decision }) => remediation !== UPGRADES && decision === 'would-act');
  return [...groups, ...others.map(({ at: _, ...word }): PlannedLine => word)];
}

interface Entry {
  readonly line: PlannedLine;
  /** Absent where the node group is not in the waitlist. */
  readonly contender?: Contender;
  readonly rank: number;
  /** The place of its wave among the waves. */
  readonly wave: number;
  readonly time: number;
}

const [UNDER_WAY, STARTS, WAITS, OTHERS] = [0, 1, 2, 3];

function entryOf(subject: string, state: NodeGroupState, word: LastWord | undefined, now: number): Entry[] {
  const { cluster, nodegroup } = keyOf(subject);
  const { turn, since, upgrade } = state;
  const reason = word?.reason ?? state.reason;
  if (reason === undefined || reason === GONE || state.reason === GONE) return [];
  const line: PlannedLine = {
    remediation: UPGRADES,
    cluster,
    nodegroup,
    instance: '',
    ...(word !== undefined && { decision: word.decision }),
    reason,
    id: word?.id ?? '',
  };
  if (upgrade !== undefined) return [{ line, rank: UNDER_WAY, wave: 0, time: upgrade.requestedAt }];
  if (turn === undefined) return [{ line, rank: OTHERS + REST.indexOf(word?.decision), wave: 0, time: 0 }];
  const contender = { key: { cluster, nodegroup }, subject, isHastened: turn.isHastened === true, turn, since };
  const isLater = turn.mayStartAt > now;
  return [
    {
      line: {
        ...line,
        ...(turn.wave !== undefined && { wave: turn.wave.name }),
        ...(isLater && { notBefore: turn.mayStartAt }),
      },
      contender,
      rank: MAY_START.has(reason) && !isLater ? STARTS : WAITS,
      wave: turn.wave?.place ?? 0,
      time: Math.max(turn.mayStartAt, now),
    },
  ];
}

/** Sorts node groups that wait for their time by wave, and all others by turn, or by name. */
function inOrder(a: Entry, b: Entry): number {
  const byTime = a.rank === WAITS ? a.wave - b.wave || a.time - b.time : 0;
  const ofLine = a.contender === undefined || b.contender === undefined ? 0 : byTurn(a.contender, b.contender);
  return a.rank - b.rank || byTime || ofLine || (nameOf(a) < nameOf(b) ? -1 : 1);
}

const nameOf = ({ line: { cluster, nodegroup } }: Entry): string => `${cluster}/${nodegroup}`;
