import * as z from 'zod';
import type { RecordSubject } from '../records/record.ts';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from './ledger.ts';
import { subjectOf } from './node-group-key.ts';
import { storedOutcome } from './outcome-ledger.ts';

/**
 * The topics of findings. `findings` are open findings on the workers of a node group. `coverage` is about workers that
 * Inspector does not scan, or about scanning that is off.
 */
export type FindingTopic = 'findings' | 'coverage';

/** How soon findings call for an upgrade. */
export const urgency = z.enum(['normal', 'urgent']);
export type Urgency = z.infer<typeof urgency>;

/** How many vulnerabilities are remembered per node group: one filter of ListFindings takes this many values. */
export const REMEMBERED = 10;

/**
 * Findings whose openness Inspector itself has confirmed, not an event. `upgrade-node-groups` takes the urgency of
 * upgrades from them.
 */
const need = () =>
  z.object({
    urgency,
    /** The severity of the gravest finding. */
    severity: z.string(),
    /** At most `REMEMBERED`, gravest first. They are looked up again once the workers have been replaced. */
    vulnerabilities: z.array(z.string()),
    /** The release that the node group ran when the findings were read. */
    releaseVersion: z.string(),
    /** When Inspector confirmed them, epoch milliseconds. */
    verifiedAt: z.number(),
  });
export type Need = z.infer<ReturnType<typeof need>>;

/** Returns a text such as `CVE-2026-31415 (CRITICAL) and 2 more`. Where no more are remembered, nobody knows how many there are. */
export function nameOf({ vulnerabilities, severity }: Need): string {
  const [first = '', ...more] = vulnerabilities;
  const atLeast = vulnerabilities.length < REMEMBERED ? '' : 'at least ';
  return `${first} (${severity})${more.length === 0 ? '' : ` and ${atLeast}${more.length} more`}`;
}

/**
 * How long an answer of Inspector hastens upgrades, ms. The next sweep asks again, which is a day later at most (the
 * setting `sweepSchedule`).
 */
const GOOD_FOR = 26 * 3_600_000;

/** @param now epoch milliseconds */
export const isUrgent = (known: Need | undefined, now: number): boolean =>
  known?.urgency === 'urgent' && now - known.verifiedAt < GOOD_FOR;

/** The vulnerabilities that the node group's last upgrade is known not to fix. */
const notFixed = () => z.object({ releaseVersion: z.string(), vulnerabilities: z.array(z.string()) });

const findingState = z.lazy(() =>
  z.object({
    sk: z.string(),
    /** The last outcome that was recorded. */
    fingerprint: z.string().optional(),
    /** Number of recorded outcomes, so that an outcome that recurs after another one counts as new. */
    outcomes: z.number(),
    correlationId: z.string().optional(),
    need: need().optional(),
    notFixed: notFixed().optional(),
    /** Set while people are told that Inspector does not scan workers of the group. */
    open: z.literal(true).optional(),
    /** When Inspector was last asked, epoch milliseconds. */
    verifiedAt: z.number().optional(),
    /** Urgency of the events that caused the last read. For some time, further events of this urgency cause none. */
    claimed: urgency.optional(),
    /**
     * Set while a decision is saved that may not have been carried out. The next reconcile decides again, from this
     * earlier memory.
     */
    pending: z.object({ need: need().optional(), notFixed: notFixed().optional() }).optional(),
    /** The outcome of that decision, in case the next reconcile decides otherwise. */
    unrecorded: storedOutcome<string>().optional(),
    /** Counts writes. A write succeeds only if nobody else has written since the read. */
    revision: z.number(),
  }),
);
export type FindingState = Omit<z.infer<typeof findingState>, 'sk'>;

export const NEW_FINDING_STATE: FindingState = { outcomes: 0, revision: 0 };

/** The ledger key of a node group, or `*` for the account as a whole. */
export const findingKey = ({ cluster, nodegroup }: RecordSubject): string =>
  cluster === undefined || nodegroup === undefined ? '*' : subjectOf({ cluster, nodegroup });

/** Reads the states of these keys. A key never seen before is missing. */
export async function readFindingStates(
  ledger: Ledger,
  topic: FindingTopic,
  keys: readonly string[],
): Promise<Map<string, FindingState>> {
  const items = await readItems(ledger, topic, keys, findingState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** Reads the states of a topic that have something to come back to. */
export async function readOpenFindingStates(ledger: Ledger, topic: FindingTopic): Promise<Map<string, FindingState>> {
  const items = await queryItems(ledger, topic, findingState, {
    FilterExpression: 'attribute_exists(need) OR attribute_exists(pending) OR attribute_exists(#open)',
    ExpressionAttributeNames: { '#open': 'open' },
  });
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** Up to this many node groups are read by key in one call. For more, it is cheaper to read all that have a need. */
const FEW = 100;

/**
 * The needs of these node groups, by subject; also of other node groups when there are many. A node group without one
 * is missing.
 */
export async function readNeeds(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, Need>> {
  const states =
    subjects.length <= FEW
      ? await readFindingStates(ledger, 'findings', subjects)
      : await readOpenFindingStates(ledger, 'findings');
  return new Map([...states].flatMap(([subject, { need: known }]) => (known === undefined ? [] : [[subject, known]])));
}

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/**
 * Saves a state unless another reconcile has written it since it was read.
 *
 * @param now epoch milliseconds
 * @param writer unique name of the reconcile that saves, which tells a retry of its own write from another reconcile's
 * write
 * @returns the saved state; undefined when another reconcile has decided meanwhile
 */
export async function saveFindingState(
  ledger: Ledger,
  topic: FindingTopic,
  key: string,
  state: FindingState,
  now: number,
  writer: string,
): Promise<FindingState | undefined> {
  return saveUnlessWritten(ledger, { pk: topic, sk: key, keptUntil: now + KEPT_FOR }, state, writer);
}
