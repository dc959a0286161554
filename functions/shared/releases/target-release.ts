import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Unreadable } from '../fleet/reading.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RecommendedRelease, readRecommended } from './ami-release.ts';
import { type Pair, pairKey } from './ami-type.ts';
import { type KnownRelease, readReleases, type SeenRelease } from './release-ledger.ts';
import { isNews } from './seen-releases.ts';

/** What a node group can run: the releases on offer, or why there is none to name. */
export type Target =
  | {
      readonly kind: 'release';
      /** The newest release on offer: it is recommended. */
      readonly releaseVersion: string;
      /** Start of its bake time, epoch milliseconds. */
      readonly firstSeenAt: number;
      /** All releases that were seen and are not withdrawn, oldest first; the newest is the last. */
      readonly offered: readonly SeenRelease[];
      /** Releases that were seen, and withdrawn. */
      readonly withdrawn: readonly string[];
      /** Amazon recommends something else at this moment: nothing starts until a second look has told which is true. */
      readonly isInDoubt: boolean;
      /** Why it cannot be read what Amazon recommends at this moment: that is a doubt, too. */
      readonly unreadable?: Unreadable;
      /** A newer release that Amazon recommends already, and that watch-ami-releases has yet to see. */
      readonly unseen?: string;
    }
  | {
      readonly kind: 'none';
      readonly reason:
        | 'no-release-for-version'
        | 'unknown-ami-type'
        | 'release-not-yet-seen'
        | 'release-withdrawn'
        | 'unreadable';
      readonly message: string;
      /** What Amazon recommends now, where that is known though it is no target. */
      readonly recommended?: string;
      /** Of `unreadable`: why. */
      readonly unreadable?: Unreadable;
      /** The releases that were seen, and withdrawn. */
      readonly withdrawn?: readonly string[];
    };

export type NoTarget = Extract<Target, { kind: 'none' }>;

/** The target of each pair. */
export type Targets = (pair: Pair) => Target;

/** Reads what Amazon recommends for these pairs, and what the ledger knows of their releases. */
export async function readTargets(
  { ssm, ec2, ledger }: { readonly ssm: SSMClient; readonly ec2: EC2Client; readonly ledger: Ledger },
  pairs: readonly Pair[],
): Promise<Targets> {
  const distinct = new Map(pairs.map((pair) => [pairKey(pair), pair]));
  const [recommended, known] = await Promise.all([
    readRecommended(ssm, ec2, [...distinct.values()]),
    distinct.size === 0 ? new Map() : readReleases(ledger),
  ]);
  return (pair) => targetOf(pair, recommended.get(pairKey(pair)), known.get(pairKey(pair)));
}

/** The pair of a node group as EKS describes it. */
export const pairOf = ({ version, amiType }: Nodegroup): Pair | undefined =>
  version === undefined || amiType === undefined ? undefined : { kubernetesVersion: version, amiType };

/**
 * Puts together what Amazon recommends now and what the ledger knows. What has been seen and not withdrawn is on offer. What
 * is read now only casts doubt on it, since one reading may be stale: watch-ami-releases decides what to believe.
 */
export function targetOf(
  pair: Pair,
  recommended: RecommendedRelease | undefined,
  known: KnownRelease | undefined,
): Target {
  if (recommended === undefined || recommended.kind === 'unknown-type') {
    return none('unknown-ami-type', `${pair.amiType} is not an AMI type with releases known to this version.`);
  }
  const unreadable = recommended.kind === 'unreadable' ? recommended : undefined;
  const reading = recommended.kind === 'release' ? recommended.releaseVersion : undefined;
  if (known === undefined || known.seen.length === 0) {
    if (unreadable !== undefined) {
      const message = `What Amazon recommends for ${pairKey(pair)} cannot be read: ${unreadable.error}`;
      return { ...none('unreadable', message), unreadable };
    }
    if (reading === undefined) return none('no-release-for-version', whyNoRelease(pair));
    const unseen = none('release-not-yet-seen', `${reading} is not yet recorded by watch-ami-releases.`);
    return { ...unseen, recommended: reading };
  }
  const withdrawn = known.seen.filter(({ withdrawnAt }) => withdrawnAt !== undefined);
  const offered = known.seen.filter(({ withdrawnAt }) => withdrawnAt === undefined);
  const newest = offered.at(-1);
  const names = withdrawn.map(({ releaseVersion }) => releaseVersion);
  if (newest === undefined) {
    const message = `Amazon recommends no release for ${pairKey(pair)} any more: it has withdrawn ${names.join(', ')}.`;
    return { ...none('release-withdrawn', message), withdrawn: names };
  }
  const isNew = reading !== undefined && isNews(pair, known, reading);
  return {
    kind: 'release',
    releaseVersion: newest.releaseVersion,
    firstSeenAt: newest.firstSeenAt,
    offered,
    withdrawn: names,
    isInDoubt: known.doubt !== undefined || (reading !== known.recommended && !isNew),
    ...(unreadable !== undefined && { unreadable }),
    ...(isNew && { unseen: reading }),
  };
}

/** Why a pair has no release: what is known of its AMI type. */
export function whyNoRelease(pair: Pair): string {
  const { amiType, kubernetesVersion } = pair;
  const what = `Amazon publishes no release of ${amiType} for Kubernetes ${kubernetesVersion}`;
  if (amiType.startsWith('AL2_')) {
    return `${what}: AL2 ends at Kubernetes 1.32. Create a node group of an AL2023 or Bottlerocket type, and move the workloads there.`;
  }
  return `${what}: it is not published yet, or was withdrawn before it was seen here.`;
}

const none = (reason: NoTarget['reason'], message: string): NoTarget => ({ kind: 'none', reason, message });
