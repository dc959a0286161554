import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { severity } from '../shared/records/severity.ts';

const PK = 'story';

const storyState = z.object({
  sk: z.string(),
  /** The most severe that was told of the story; absent while nothing is, and after its end. */
  told: severity.optional(),
  /** When, epoch milliseconds. */
  toldAt: z.number().optional(),
  /** Up to when records have been followed, epoch milliseconds: what is older comes late or again, and is no news. */
  followedTo: z.number().optional(),
  /** The record that is being told of: who does so, and since when (epoch milliseconds). Gone when it is sent. */
  pending: z
    .object({
      record: z.string(),
      phase: z.enum(['opened', 'worsened', 'ended']),
      writer: z.string(),
      since: z.number(),
    })
    .optional(),
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
});
/** What is remembered of a story: what people have been told. */
export type StoryState = Omit<z.infer<typeof storyState>, 'sk'>;

export const NEW_STORY: StoryState = { revision: 0 };

/** How long a state is kept after its last change, ms: longer than any story should last. */
const KEPT_FOR = 90 * 86_400_000;

/** The states of the given stories; one never told of is missing. */
export async function readStories(ledger: Ledger, stories: readonly string[]): Promise<Map<string, StoryState>> {
  const items = await readItems(ledger, PK, stories, storyState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a story's state unless somebody else has written since it was read.
 *
 * @param now epoch milliseconds
 * @returns the state as it is now; undefined when another invocation was first
 */
export async function saveStory(
  ledger: Ledger,
  story: string,
  state: StoryState,
  writer: string,
  now: number,
): Promise<StoryState | undefined> {
  return saveUnlessWritten(ledger, { pk: PK, sk: story, keptUntil: now + KEPT_FOR }, state, writer);
}
