import type { DecisionKind } from './record.ts';
import { ACCEPTED_EXPOSURE, EXPOSED, isQuarantineGuard, meansQuarantine } from './status.ts';

/** How a subject can stand, the gravest first. */
export const STATES = [
  'exposed',
  'failed',
  'refused',
  'quarantined',
  'would-act',
  'acted',
  'waiting',
  'done',
  'skipped',
  'quiet',
] as const;
export type State = (typeof STATES)[number];

/** What each state is called, for people. */
export const STATE_NAMES: Readonly<Record<State, string>> = {
  exposed: 'exposed',
  failed: 'failed',
  refused: 'refused',
  quarantined: 'in quarantine',
  'would-act': 'to approve',
  acted: 'acted',
  waiting: 'waiting',
  done: 'done',
  skipped: 'skipped',
  quiet: 'no record',
};

/** What each decision is called, for people. A proposal is a decision; the state that it leaves its subject in is another matter. */
export const DECISION_NAMES: Readonly<Record<DecisionKind, string>> = {
  acted: 'acted',
  'would-act': 'would act',
  waiting: 'waiting',
  skipped: 'skipped',
  refused: 'refused',
  failed: 'failed',
  done: 'done',
};

/** States that somebody should do something about. */
export const NEEDS_SOMEBODY: ReadonlySet<State> = new Set(['exposed', 'failed', 'refused', 'quarantined', 'would-act']);

/** What a function said about a subject. */
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

/** How one word alone has its subject stand. A worker with an open exposure is exposed, whatever was decided about it. */
export function stateOf({ remediation, decision, reason }: Omit<Word, 'at'>): State {
  if (isOfQuarantine({ remediation })) {
    // It asks its guards only of a worker that is exposed, or in quarantine.
    if (exposed.has(reason) || (isQuarantineGuard(reason) && reason !== 'unknown-cluster')) return 'exposed';
    if (meansQuarantine(reason) && decision !== 'failed') return 'quarantined';
  }
  return decision;
}

/** What a function handed to another one is that one's business as soon as it has spoken. */
const HANDED_OVER: Readonly<Record<string, string>> = { 'upgrade-requested': 'upgrade-node-groups' };

/** Those of the words about one subject that no later one has settled. */
export function thatStillCount<Spoken extends Word>(words: readonly Spoken[]): Spoken[] {
  const ofQuarantine = words.filter(isOfQuarantine);
  const held = ofQuarantine.find(({ reason }) => !isQuarantineGuard(reason));
  const guard = ofQuarantine.find(({ reason }) => isQuarantineGuard(reason));
  // A guard keeps a worker in quarantine where it is. Of any other two words of one function the later one counts.
  const overruled =
    held === undefined || guard === undefined
      ? undefined
      : meansQuarantine(held.reason) || held.at >= guard.at
        ? guard
        : held;
  return words.filter((word) => {
    const next = HANDED_OVER[word.reason];
    if (next !== undefined) return !words.some(({ remediation, at }) => remediation === next && at >= word.at);
    return word !== overruled;
  });
}

/**
 * The one state of a subject: that of the gravest word about it that still counts; a pure function. Dashboard, fleet,
 * incident, `status`, `explain` and notifications all go by this one.
 *
 * @param words the last words of each function on the subject; of `quarantine-workers` also the last one of its guards
 * @returns the word that it goes by; undefined where nothing is recorded
 */
export function gravestOf<Spoken extends Word>(words: readonly Spoken[]): Spoken | undefined {
  return thatStillCount(words).reduce<Spoken | undefined>(
    (gravest, word) => (gravest === undefined || isGraver(word, gravest) ? word : gravest),
    undefined,
  );
}

/** Of two that are alike, one that somebody should look at counts more, and then the later one: in whatever order they come. */
const isGraver = (word: Word, other: Word): boolean => {
  const difference = gravityOf(word) - gravityOf(other);
  if (difference !== 0) return difference < 0;
  const [needs, otherNeeds] = [needsSomebody(word), needsSomebody(other)];
  return needs === otherNeeds ? word.at > other.at : needs;
};

/** The graver, the lower. */
export const gravityOf = (word: Omit<Word, 'at'>): number => STATES.indexOf(stateOf(word));

/** Whether somebody should look at it: not where an operator, or a tag, has said that it may be so. */
export const needsSomebody = (word: Omit<Word, 'at'>): boolean =>
  NEEDS_SOMEBODY.has(stateOf(word)) && !(isOfQuarantine(word) && accepted.has(word.reason));

/** Whether nothing about it is open: neither under way nor waiting, nor somebody's to see to. */
export const isSettled = (word: Omit<Word, 'at'>): boolean =>
  !needsSomebody(word) && (word.decision === 'done' || word.decision === 'skipped');
