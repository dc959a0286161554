import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Unreadable } from '../fleet/reading.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type RecommendedRelease, readRecommended } from './ami-release.ts';
import { type Pair, pairKey } from './ami-type.ts';
import { type KnownRelease, readReleases, type SeenRelease } from './release-ledger.ts';
import { isNews } from './seen-releases.ts';

/** The releases that a node group can run, or why there is none. */
export type Target =
  | {
      readonly kind: 'release';
      /** The newest release on offer, which Amazon recommends. */
      readonly releaseVersion: string;
      /** Start of its bake time, epoch milliseconds. */
      readonly firstSeenAt: number;
      /** All releases that were seen and not withdrawn, oldest first. */
      readonly offered: readonly SeenRelease[];
      /** Releases that were seen and later withdrawn. */
      readonly withdrawn: readonly string[];
      /**
       * Amazon currently recommends something else. No upgrade starts until a second reading settles which is right.
       */
      readonly isInDoubt: boolean;
      /** Why Amazon's current recommendation cannot be read, which is a doubt as well. */
      readonly unreadable?: Unreadable;
      /** A newer release that Amazon recommends already, but that watch-ami-releases has not seen yet. */
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
      /** Amazon's current recommendation, where it is known but is no target. */
      readonly recommended?: string;
      /** The cause, for the reason `unreadable`. */
      readonly unreadable?: Unreadable;
      /** Releases that were seen and later withdrawn. */
      readonly withdrawn?: readonly string[];
    };

export type NoTarget = Extract<Target, { kind: 'none' }>;

/** The target of each pair. */
export type Targets = (pair: Pair) => Target;

/** Reads Amazon's recommendation for these pairs, and what the ledger knows of their releases. */
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

/** The pair of a node group, as EKS describes it. */
export const pairOf = ({ version, amiType }: Nodegroup): Pair | undefined =>
  version === undefined || amiType === undefined ? undefined : { kubernetesVersion: version, amiType };

/**
 * Combines Amazon's current recommendation with the ledger. Releases that were seen and not withdrawn are on offer. The
 * current reading can only raise doubt, since it may be stale; watch-ami-releases decides what to accept.
 */
export function targetOf(
  pair: Pair,
  recommended: RecommendedRelease | undefined,
  known: KnownRelease | undefined,
): Target {
  if (recommended === undefined || recommended.kind === 'unknown-type') {
    return none('unknown-ami-type', `This version does not know the releases of AMI type ${pair.amiType}.`);
  }
  const unreadable = recommended.kind === 'unreadable' ? recommended : undefined;
  const reading = recommended.kind === 'release' ? recommended.releaseVersion : undefined;
  if (known === undefined || known.seen.length === 0) {
    if (unreadable !== undefined) {
      const message = `The release that Amazon recommends for ${pairKey(pair)} cannot be read: ${unreadable.error}`;
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

/** Why a pair has no release, by what is known of its AMI type. */
export function whyNoRelease(pair: Pair): string {
  const { amiType, kubernetesVersion } = pair;
  const what = `Amazon publishes no release of ${amiType} for Kubernetes ${kubernetesVersion}`;
  if (amiType.startsWith('AL2_')) {
    return `${what}: AL2 ends at Kubernetes 1.32. Create a node group of an AL2023 or Bottlerocket type, and move the workloads there.`;
  }
  return `${what}: it is not published yet, or was withdrawn before it was seen here.`;
}

const none = (reason: NoTarget['reason'], message: string): NoTarget => ({ kind: 'none', reason, message });
