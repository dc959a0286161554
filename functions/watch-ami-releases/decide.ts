import type { DecisionKind } from '../shared/records/record.ts';
import { pairKey } from '../shared/releases/ami-type.ts';
import type { KnownRelease } from '../shared/releases/release-ledger.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import type { PairObservation } from './observe.ts';
import type { Reason } from './reasons.ts';

/** What to do about one pair. */
export interface Decision {
  /** What the ledger should hold from now on; absent when nothing changes. */
  readonly known?: KnownRelease;
  /** Whether `EKS AMI Release` is to be put on the bus. */
  readonly announce: boolean;
  /** What to record; absent when nothing new is known. */
  readonly outcome?: { readonly decision: DecisionKind; readonly reason: Reason; readonly message: string };
}

const NOTHING: Decision = { announce: false };

/**
 * Compares what Amazon recommends with what the ledger knows; a pure function. Only a release newer than all before
 * becomes the newest; an older one in its place means that the newest was withdrawn.
 *
 * @param now epoch milliseconds
 */
export function decide({ pair, recommended, known }: PairObservation, now: number): Decision {
  const name = pairKey(pair);
  if (recommended.kind === 'unknown-type') {
    const message = `${pair.amiType} is not an AMI type with releases known to this version.`;
    return absent(known, { decision: 'skipped', reason: 'unknown-ami-type', message });
  }
  if (recommended.kind === 'missing') {
    const message = `Amazon publishes no release for ${name}.`;
    return absent(known, { decision: 'skipped', reason: 'no-release-for-version', message });
  }
  const { releaseVersion } = recommended;
  const seen = (message: string, previous?: string): Decision => ({
    known: {
      newest: releaseVersion,
      firstSeenAt: now,
      ...(previous !== undefined && { previous }),
      recommended: releaseVersion,
      announced: false,
    },
    announce: true,
    outcome: { decision: 'acted', reason: 'release-seen', message },
  });

  if (known?.newest === undefined) return seen(`${name}: ${releaseVersion} is the first release seen.`);
  if (releaseVersion === known.newest) {
    if (known.recommended !== releaseVersion) {
      return seen(`${name}: ${releaseVersion} is recommended again; its bake time starts anew.`, known.previous);
    }
    return known.announced ? NOTHING : { announce: true };
  }
  const order = compareReleases(pair.amiType, releaseVersion, known.newest);
  if (order === undefined || order > 0) {
    return seen(`${name}: ${releaseVersion} is newer than ${known.newest}.`, known.newest);
  }
  if (known.recommended === releaseVersion) return NOTHING;
  const message = `${name}: ${releaseVersion} is recommended instead of ${known.newest}, which was withdrawn.`;
  return {
    known: { ...known, recommended: releaseVersion },
    announce: false,
    outcome: { decision: 'skipped', reason: 'release-withdrawn', message },
  };
}

/** There is no release (any more): told once. */
function absent(known: KnownRelease | undefined, outcome: NonNullable<Decision['outcome']>): Decision {
  if (known !== undefined && known.recommended === undefined) return NOTHING;
  const { recommended: _, ...rest } = known ?? { announced: true };
  return { known: rest, announce: false, outcome };
}
