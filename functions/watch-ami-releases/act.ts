import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { detailType, type EksAmiRelease } from '../../events/eks-ami-release.ts';
import { SOURCE } from '../../events/envelope.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { type Pair, pairKey, releaseIncident } from '../shared/releases/ami-type.ts';
import { type KnownRelease, saveRelease } from '../shared/releases/release-ledger.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Decision } from './decide.ts';
import type { PairObservation } from './observe.ts';
import type { Recorder } from './remediation.ts';

export interface ActDeps {
  readonly events: EventBridgeClient;
  readonly busName: string;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
}

/** PutEvents takes at most ten entries. */
const ENTRIES_PER_CALL = 10;

/** A pair whose newest release is to be announced. */
interface Announcement {
  readonly pair: Pair;
  readonly known: KnownRelease;
}

/**
 * Records each decision, saves it to the ledger, then announces new releases on the event bus. A crash at any point
 * repeats at most one step, because the next run announces whatever the ledger holds as not yet announced.
 *
 * The record is written before the ledger is saved, without `recordOnce`. `claimRun` lets only one run at a time work
 * on the pairs, so nobody else writes in between, and the ledger never holds anything unrecorded. When a run dies
 * before it saves, the next run finds the same ledger state. It then writes the same record with the same id, or
 * records what Amazon recommends by then.
 *
 * @throws Error when EventBridge did not accept every event
 */
export async function carryOut(
  deps: ActDeps,
  decided: ReadonlyArray<{ observation: PairObservation; decision: Decision }>,
  trigger: Trigger,
): Promise<void> {
  const announcements: Announcement[] = [];
  for (const { observation, decision } of decided) {
    const { pair } = observation;
    for (const told of [decision.recovered, decision.outcome]) {
      if (told === undefined) continue;
      const { trouble, ...outcome } = told;
      const newest = decision.known?.seen.at(-1)?.releaseVersion;
      deps.recorder.record({
        subject: {},
        ...outcome,
        trigger,
        // The same outcome may recur for the same releases, but only from another ledger state: the state keeps the ids
        // apart.
        fingerprint: [
          outcome.reason,
          trouble ?? outcome.message,
          before(observation),
          decision.known?.unreadable?.code,
        ].join(' '),
        correlationId: trouble ?? (newest === undefined ? trigger.id : releaseIncident(pair, newest)),
        details: { ...pair },
      });
    }
    if (decision.known !== undefined) await saveRelease(deps.ledger, pair, decision.known);
    const known = decision.known ?? observation.known;
    if (decision.announce && known !== undefined) announcements.push({ pair, known });
  }
  for (const batch of chunks(announcements, ENTRIES_PER_CALL)) await announce(deps, batch);
}

/** The part of the ledger state that tells apart two records with the same outcome. */
const before = ({ known }: PairObservation): number | undefined => known?.doubt?.since;

async function announce({ events, busName, ledger }: ActDeps, batch: readonly Announcement[]): Promise<void> {
  const { Entries = [] } = await events.send(
    new PutEventsCommand({
      Entries: batch.map((announcement) => ({
        EventBusName: busName,
        Source: SOURCE,
        DetailType: detailType,
        Detail: JSON.stringify(detailOf(announcement)),
      })),
    }),
  );
  const failed = batch.filter((_, index) => Entries[index]?.EventId === undefined);
  for (const { pair, known } of batch.filter((announcement) => !failed.includes(announcement))) {
    await saveRelease(ledger, pair, { ...known, announced: true });
  }
  if (failed.length > 0) {
    const pairs = failed.map(({ pair }) => pairKey(pair)).join(', ');
    throw new Error(`EventBridge did not take the releases of ${pairs}; the next run announces them.`);
  }
}

function detailOf({ pair, known: { seen, recommended } }: Announcement): EksAmiRelease['detail'] {
  const place = seen.findIndex(({ releaseVersion }) => releaseVersion === recommended);
  const release = seen[place];
  if (release === undefined) throw new Error('Only a release that was seen is announced.');
  const previous = seen[place - 1]?.releaseVersion;
  return {
    ...pair,
    releaseVersion: release.releaseVersion,
    ...(previous !== undefined && { previousReleaseVersion: previous }),
    firstSeenAt: new Date(release.firstSeenAt).toISOString(),
  };
}
