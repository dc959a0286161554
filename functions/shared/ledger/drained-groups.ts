import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';

/** The `pk` under which `drain-nodes` keeps what it made in self-managed groups. */
export const DRAIN_HOOK_PK = 'drain-hook';

/**
 * How long the word of `drain-nodes` holds that it drains a group, ms. The sweep has it look at each group once an
 * hour. A word that is older comes from a function that looks no more, or whose cluster was closed since.
 */
const HOLDS_FOR = 90 * 60_000;
/** How often a look is saved, ms: while a node is drained, looks come every minute. */
const SAVED_EVERY = 10 * 60_000;

const known = z.object({
  sk: z.string(),
  fingerprint: z.string().default(''),
  made: z.unknown().optional(),
  drainableAt: z.number().default(0),
});

/**
 * Whether `drain-nodes` drains a group: `drained`, by its last look; `in-doubt` where that look is too old, or did not
 * get an answer from the cluster.
 */
export type Drained = 'drained' | 'in-doubt';

/**
 * The groups among `subjects` whose nodes `drain-nodes` drains, by what it found at its last look: its hook stands, was
 * made by it, and nothing keeps it from draining, such as a missing access to the cluster or the policy.
 *
 * @param subjects groups by `subjectOf`
 * @param now epoch ms
 */
export async function readDrainedGroups(
  ledger: Ledger,
  subjects: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, Drained>> {
  const items = await readItems(ledger, DRAIN_HOOK_PK, subjects, known);
  const unreadable = subjects.filter((subject) => ledger.unreadable?.has(DRAIN_HOOK_PK, subject));
  return new Map([
    ...items.flatMap((item): Array<[string, Drained]> => {
      const drained = drainedIn(item, now);
      return drained === undefined ? [] : [[item.sk, drained]];
    }),
    ...unreadable.map((subject): [string, Drained] => [subject, 'in-doubt']),
  ]);
}

/** @param now epoch ms */
export function drainedIn(
  { made, fingerprint, drainableAt }: Pick<z.infer<typeof known>, 'made' | 'fingerprint' | 'drainableAt'>,
  now: number,
): Drained | undefined {
  if (made === undefined) return undefined;
  if (/^(drain-in-doubt|unreadable)\b/.test(fingerprint)) return 'in-doubt';
  if (!/^hook-(made|stands)\b/.test(fingerprint)) return undefined;
  return now - drainableAt < HOLDS_FOR ? 'drained' : 'in-doubt';
}

/**
 * The time of the look that is saved once a look at `now` has found that a group is drained.
 *
 * @param saved of the look that was saved before, epoch ms
 */
export const lookOf = (saved: number | undefined, now: number): number =>
  saved !== undefined && now - saved < SAVED_EVERY ? saved : now;
