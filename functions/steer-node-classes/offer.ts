import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { readPublished } from '../shared/releases/ami-release.ts';
import { type Pair, pairKey, pinnedParameter } from '../shared/releases/ami-type.ts';
import { readTargets, type Target } from '../shared/releases/target-release.ts';
import { watchPair } from '../shared/releases/watched-pairs.ts';
import { type Family, versionOfRelease } from './alias.ts';
import type { Offer, OfferedVersion, PairReleases } from './node-class.ts';

export interface OfferClients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** Only the newest releases are looked up: older ones would be no progress. */
const MOST_LOOKED_UP = 10;

/**
 * Reads the releases of a family that all these pairs have. A pair of which no release was seen is registered, so that
 * watch-ami-releases looks at it from now on.
 *
 * @param now epoch milliseconds
 */
export async function readOffer(
  clients: OfferClients,
  family: Family,
  pairs: readonly Pair[],
  now: number,
): Promise<Offer> {
  const targets = await readTargets(clients, pairs);
  const found: Array<Map<string, number>> = [];
  const known: Record<string, PairReleases> = {};
  for (const pair of pairs) {
    const target = targets(pair);
    if (target.kind === 'none' && target.reason === 'release-not-yet-seen') await watchPair(clients.ledger, pair, now);
    const why = whyUnknown(pair, target);
    if (target.kind === 'none' || why !== undefined) {
      return { kind: 'unknown', message: why ?? '', variant: pairKey(pair) };
    }
    const named = target.offered.flatMap(({ releaseVersion, firstSeenAt }) => {
      const version = versionOfRelease(family, releaseVersion);
      return version === undefined ? [] : [{ version, releaseVersion, firstSeenAt }];
    });
    found.push(new Map(named.map(({ version, firstSeenAt }) => [version, firstSeenAt])));
    known[pairKey(pair)] = {
      releases: Object.fromEntries(named.map(({ version, releaseVersion }) => [version, releaseVersion])),
      withdrawn: target.withdrawn,
    };
  }
  const [first = new Map<string, number>(), ...others] = found;
  const common = [...first].flatMap(([version, firstSeenAt]) => {
    const seen = others.map((each) => each.get(version));
    const times = seen.filter((at) => at !== undefined);
    return times.length < seen.length ? [] : [{ version, since: Math.max(firstSeenAt, ...times) }];
  });
  const newest = common.slice(-MOST_LOOKED_UP);
  const namesOf = (version: string) => pairs.map((pair) => pinnedParameter(pair, version) ?? '');
  const published = await readPublished(
    clients.ssm,
    newest.flatMap(({ version }) => namesOf(version)).filter((name) => name !== ''),
  );
  const versions = newest.map(
    (each): OfferedVersion => ({ ...each, isPublished: namesOf(each.version).every((name) => published.has(name)) }),
  );
  return { kind: 'offered', versions, pairs: known };
}

/** Why nobody knows which release of a pair is good. Doubt about one pair holds for all: an alias names one for all. */
function whyUnknown(pair: Pair, target: Target): string | undefined {
  if (target.kind === 'none') return target.message;
  if (target.unreadable !== undefined) {
    return `The release that Amazon recommends for ${pairKey(pair)} cannot be read: ${target.unreadable.error}`;
  }
  return target.isInDoubt ? `Amazon recommends for ${pairKey(pair)} what it did not before.` : undefined;
}
