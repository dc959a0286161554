import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';
import { severity } from './severity.ts';

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
  { documents, table }: Ledger,
  story: string,
  state: StoryState,
  writer: string,
  now: number,
): Promise<StoryState | undefined> {
  const next = { ...state, revision: state.revision + 1 };
  try {
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: { pk: PK, sk: story, ...next, writer, expiresAt: Math.floor((now + KEPT_FOR) / 1000) },
        // The second half accepts a repetition of this very write, whose reply was lost.
        ConditionExpression:
          'attribute_not_exists(pk) OR revision = :read OR (revision = :written AND writer = :writer)',
        ExpressionAttributeValues: { ':read': state.revision, ':written': next.revision, ':writer': writer },
      }),
    );
    return next;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
