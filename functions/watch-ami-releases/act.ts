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
 * Records, remembers, announces: in this order, so that a crash at any point repeats a step at worst. What is
 * remembered as not yet announced is announced by the next run.
 *
 * It is recorded before it is remembered, without `recordOnce`: one run at a time looks at the pairs (`claimRun`), so that
 * nobody else writes in between, and nothing is ever remembered that was not recorded. A run that dies before it remembers
 * leaves the next one with the state that it found itself: it tells the same, with the same id, or what Amazon recommends by
 * then.
 *
 * @throws Error when EventBridge did not take every event
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
        // The same may happen again to the same releases, but not from the same state.
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

/** What sets a state of the ledger apart from one in which the same could be told. */
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
