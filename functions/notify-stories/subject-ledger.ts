import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import * as z from 'zod';
import { type ItemKey, type Ledger, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import type { State } from '../shared/records/current-state.ts';
import { decisionKind } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { readAnew } from './read-anew.ts';
import { followSubject, type OpenWord, subjectOf } from './subject-words.ts';

const PK = 'subject';

const ITEM = z.object({
  pk: z.string(),
  sk: z.string(),
  /** The open outcomes of the subject, by voice (see `voiceOf`). */
  open: z.array(
    z.object({
      voice: z.string(),
      remediation: z.string(),
      decision: decisionKind,
      reason: z.string(),
      /** Epoch milliseconds. */
      at: z.number(),
    }),
  ),
  revision: z.number(),
});
type Held = Pick<z.infer<typeof ITEM>, 'open' | 'revision'>;

/** How long a state is kept, ms: as long as the widget looks back for the latest records. */
const KEPT_FOR = 30 * 86_400_000;
/** Concurrent invocations for one subject are few. */
const TRIES = 3;

/**
 * Saves what these records leave open about their subjects, and returns the current state of each. It writes only where
 * something opens or closes.
 *
 * @param writer identifies this invocation
 * @param now epoch milliseconds
 */
export async function followSubjects(
  ledger: Ledger,
  records: readonly ReadRecord[],
  writer: string,
  now: number,
): Promise<ReadonlyMap<string, State>> {
  const subjects = Map.groupBy(records, subjectOf);
  const names = [...subjects.keys()].filter((name) => name !== undefined);
  const held = await readHeld(ledger, names);
  const states = await pMap(
    names,
    async (name): Promise<[string, State]> => {
      const ours = subjects.get(name) ?? [];
      let before = held.get(name);
      for (let tried = 1; ; tried++) {
        const { state, open } = followSubject(recent(before, now), ours);
        if (isDeepStrictEqual(keysOf(open), keysOf(before?.open ?? []))) return [name, state];
        const key: ItemKey = { pk: PK, sk: name, keptUntil: now + KEPT_FOR };
        const saved = await saveUnlessWritten(
          ledger,
          key,
          { open, revision: before?.revision ?? 0 },
          `${writer} ${tried}`,
        );
        // The state only serves the wording of messages, and whoever won each write has saved most of it.
        if (saved !== undefined || tried === TRIES) return [name, state];
        before = (await readHeld(ledger, [name])).get(name);
      }
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(states);
}

const readHeld = async (ledger: Ledger, names: readonly string[]): Promise<Map<string, Held>> =>
  new Map(
    (
      await readAnew(
        ledger,
        names.map((sk) => ({ pk: PK, sk })),
        ITEM,
        { open: [] },
      )
    ).map(({ sk, ...item }) => [sk, item]),
  );

const recent = (held: Held | undefined, now: number): readonly OpenWord[] =>
  (held?.open ?? []).filter(({ at }) => now - at < KEPT_FOR);

/** The outcomes, without their times: the same outcome at a later time changes nothing. */
const keysOf = (open: readonly OpenWord[]): string[] =>
  open.map(({ voice, decision, reason }) => `${voice} ${decision} ${reason}`);
