import * as z from 'zod';
import type { RecordSubject } from '../records/record.ts';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from './ledger.ts';
import { subjectOf } from './node-group-ledger.ts';
import { storedOutcome } from './outcome-ledger.ts';

/** `findings`: what is open on the workers of a node group. `coverage`: whom Inspector does not scan, or that it is off. */
export type FindingTopic = 'findings' | 'coverage';

/** How soon findings want an upgrade. */
export const urgency = z.enum(['normal', 'urgent']);
export type Urgency = z.infer<typeof urgency>;

/** Findings that Inspector itself, not an event, has said to be open: what upgrade-node-groups takes its urgency from. */
const need = z.object({
  urgency,
  /** The severity of the gravest finding. */
  severity: z.string(),
  /** At most ten, the gravest first: what is looked up again when the workers have been replaced. */
  vulnerabilities: z.array(z.string()),
  /** The release that the node group ran when they were found. */
  releaseVersion: z.string(),
  /** When Inspector said so, epoch milliseconds. */
  verifiedAt: z.number(),
});
export type Need = z.infer<typeof need>;

/** For example `CVE-2026-31415 (CRITICAL) and 2 more`. */
export function nameOf({ vulnerabilities: [first = '', ...more], severity }: Need): string {
  return `${first} (${severity})${more.length === 0 ? '' : ` and ${more.length} more`}`;
}

/** How long an answer of Inspector hastens upgrades, ms: some sweeps, each of which asks again. */
const GOOD_FOR = 6 * 3_600_000;

/** @param now epoch milliseconds */
export const isUrgent = (known: Need | undefined, now: number): boolean =>
  known?.urgency === 'urgent' && now - known.verifiedAt < GOOD_FOR;

/** What the last release that the node group was upgraded to is known not to fix. */
const notFixed = z.object({ releaseVersion: z.string(), vulnerabilities: z.array(z.string()) });

const findingState = z.object({
  sk: z.string(),
  /** The last outcome that was recorded. */
  fingerprint: z.string().optional(),
  /** How many outcomes have been recorded: the same outcome after another one is a new one. */
  outcomes: z.number(),
  correlationId: z.string().optional(),
  need: need.optional(),
  notFixed: notFixed.optional(),
  /** When Inspector was last asked, epoch milliseconds. */
  verifiedAt: z.number().optional(),
  /** How urgent the events were that had it asked: until some time later, more of the same need not ask again. */
  claimed: urgency.optional(),
  /**
   * Something was decided and saved, but perhaps not carried out: whoever comes next decides again, from what was
   * remembered before.
   */
  pending: z.object({ need: need.optional(), notFixed: notFixed.optional() }).optional(),
  /** The outcome of that decision, in case that whoever comes next decides otherwise. */
  unrecorded: storedOutcome<string>().optional(),
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
});
export type FindingState = Omit<z.infer<typeof findingState>, 'sk'>;

export const NEW_FINDING_STATE: FindingState = { outcomes: 0, revision: 0 };

/** A node group as a ledger key; the account as a whole is `*`. */
export const findingKey = ({ cluster, nodegroup }: RecordSubject): string =>
  cluster === undefined || nodegroup === undefined ? '*' : subjectOf({ cluster, nodegroup });

/** The states of these keys; one never seen before is missing. */
export async function readFindingStates(
  ledger: Ledger,
  topic: FindingTopic,
  keys: readonly string[],
): Promise<Map<string, FindingState>> {
  const items = await readItems(ledger, topic, keys, findingState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** The states of a topic in which anything is remembered to come back to. */
export async function readOpenFindingStates(ledger: Ledger, topic: FindingTopic): Promise<Map<string, FindingState>> {
  const items = await queryItems(ledger, topic, findingState, {
    FilterExpression: 'attribute_exists(need) OR attribute_exists(pending)',
  });
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** So many node groups can be read by their keys in one call; of more it is cheaper to read all that have a need. */
const FEW = 100;

/** The needs of these node groups, by subject; of others too when there are many. One without any is missing. */
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
 * Saves a state unless somebody else has written since it was read.
 *
 * @param now epoch milliseconds
 * @param writer names the reconcile that saves, uniquely: tells a repetition of its own write from a write of another reconcile
 * @returns the state as it stands now; undefined when another reconcile has decided meanwhile
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
