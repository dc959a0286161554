import type { DecisionKind } from './record.ts';
import { ACCEPTED_EXPOSURE, EXPOSED, isEndOfLife, isHold, isQuarantineGuard, meansQuarantine } from './status.ts';

/** The states of a subject, gravest first. */
export const STATES = [
  'exposed',
  'quarantined',
  'failed',
  'refused',
  'would-act',
  'end-of-life',
  'acted',
  'waiting',
  'done',
  'skipped',
  'quiet',
] as const;
export type State = (typeof STATES)[number];

/** The names of the states, for people. */
export const STATE_NAMES: Readonly<Record<State, string>> = {
  exposed: 'exposed',
  failed: 'failed',
  refused: 'refused',
  quarantined: 'in quarantine',
  'would-act': 'to approve',
  'end-of-life': 'end of life',
  acted: 'acted',
  waiting: 'waiting',
  done: 'done',
  skipped: 'skipped',
  quiet: 'no record',
};

/** The names of the decisions, for people. A proposal is a decision; the state of its subject is a separate matter. */
export const DECISION_NAMES: Readonly<Record<DecisionKind, string>> = {
  acted: 'acted',
  'would-act': 'would act',
  waiting: 'waiting',
  skipped: 'skipped',
  refused: 'refused',
  failed: 'failed',
  done: 'done',
};

/** The states that call for somebody's attention: those that are at least as grave as the end of life. */
export const NEEDS_SOMEBODY: ReadonlySet<State> = new Set(STATES.slice(0, STATES.indexOf('end-of-life') + 1));

/** The outcome of one record: what a function said about a subject. */
export interface Word {
  readonly remediation: string;
  readonly decision: DecisionKind;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const exposed: ReadonlySet<string> = new Set(EXPOSED);
const accepted: ReadonlySet<string> = new Set(ACCEPTED_EXPOSURE);
const isOfQuarantine = ({ remediation }: Pick<Word, 'remediation'>): boolean => remediation === 'quarantine-workers';

/**
 * The state that one outcome alone gives its subject. A worker with an open exposure is exposed, whatever was decided
 * about it.
 */
export function stateOf({ remediation, decision, reason }: Omit<Word, 'at'>): State {
  if (isOfQuarantine({ remediation })) {
    // The function checks its guards only for a worker that is exposed or in quarantine.
    if (exposed.has(reason) || (isQuarantineGuard(reason) && reason !== 'unknown-cluster')) return 'exposed';
    if (meansQuarantine(reason) && decision !== 'failed') return 'quarantined';
  }
  if (isEndOfLife(reason)) return 'end-of-life';
  return decision;
}

/**
 * Reasons that hand a subject to another function. Once that function has recorded an outcome, only that one counts.
 */
const HANDED_OVER: Readonly<Record<string, string>> = {
  'upgrade-requested': 'upgrade-node-groups',
  'move-requested': 'refresh-groups',
};

/** The outcomes about one subject that no later one has settled. */
export function thatStillCount<Spoken extends Word>(words: readonly Spoken[]): Spoken[] {
  const functions = Map.groupBy(words, ({ remediation }) => remediation);
  const overruled = new Set([...functions.values()].flatMap(overruledIn));
  return words.filter((word) => {
    const next = HANDED_OVER[word.reason];
    if (next !== undefined) return !words.some(({ remediation, at }) => remediation === next && at >= word.at);
    return !overruled.has(word);
  });
}

/**
 * The outcomes of one function that others of it overrule: a guard is over once the function has judged its subject
 * again, and leaves a worker in quarantine where it is. A guard of `quarantine-workers` says that a worker is exposed,
 * whatever was found before. A guard of any other function says nothing about its subject.
 */
function overruledIn<Spoken extends Word>(words: readonly Spoken[]): readonly Spoken[] {
  const guard = words.find(isHold);
  const judged = words.filter((word) => !isHold(word));
  if (guard === undefined) return [];
  if (judged.some(({ reason, at }) => meansQuarantine(reason) || at >= guard.at)) return [guard];
  return isOfQuarantine(guard) ? judged : [];
}

/**
 * The outcome that determines the state of a subject: the gravest one that still counts; a pure function. Dashboard,
 * fleet, incident, `status`, `explain` and notifications all use it.
 *
 * @param words the latest outcome of each function for the subject, and the latest one of its guards beside it
 * @returns the gravest outcome; undefined where nothing is recorded
 */
export function gravestOf<Spoken extends Word>(words: readonly Spoken[]): Spoken | undefined {
  return thatStillCount(words).reduce<Spoken | undefined>(
    (gravest, word) => (gravest === undefined || isGraver(word, gravest) ? word : gravest),
    undefined,
  );
}

/**
 * Compares outcomes independently of their order. Of two equally grave ones, one that needs attention ranks higher,
 * then the later one.
 */
const isGraver = (word: Word, other: Word): boolean => {
  const difference = gravityOf(word) - gravityOf(other);
  if (difference !== 0) return difference < 0;
  const [needs, otherNeeds] = [needsSomebody(word), needsSomebody(other)];
  return needs === otherNeeds ? word.at > other.at : needs;
};

/** A lower number is graver. */
export const gravityOf = (word: Omit<Word, 'at'>): number => STATES.indexOf(stateOf(word));

/** Whether somebody should look at the subject. An exposure that an operator or a tag has accepted does not count. */
export const needsSomebody = (word: Omit<Word, 'at'>): boolean =>
  NEEDS_SOMEBODY.has(stateOf(word)) && !(isOfQuarantine(word) && accepted.has(word.reason));

/** Whether nothing is open: nothing is under way, waiting or in need of attention. */
export const isSettled = (word: Omit<Word, 'at'>): boolean =>
  !needsSomebody(word) && (word.decision === 'done' || word.decision === 'skipped');
