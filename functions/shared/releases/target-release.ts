import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Ledger } from '../ledger/ledger.ts';
import { type RecommendedRelease, readRecommended } from './ami-release.ts';
import { type Pair, pairKey } from './ami-type.ts';
import { type KnownRelease, readReleases } from './release-ledger.ts';
import { compareReleases } from './release-version.ts';

/** The release that a node group should run, or why there is none to name. */
export type Target =
  | {
      readonly kind: 'release';
      readonly releaseVersion: string;
      /** Start of its bake time, epoch milliseconds. */
      readonly firstSeenAt: number;
    }
  | {
      readonly kind: 'none';
      readonly reason: 'no-release-for-version' | 'unknown-ami-type' | 'release-not-yet-seen' | 'release-withdrawn';
      readonly message: string;
      /** What Amazon recommends now, where that is known though it is no target. */
      readonly recommended?: string;
      /** The newer release in whose place that is recommended. */
      readonly withdrawn?: string;
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
 * Puts together what Amazon recommends now and what the ledger knows. Only a release that is both recommended at this
 * moment and the newest one ever seen is a target: a withdrawn one is not, nor the older one recommended in its place.
 */
export function targetOf(
  pair: Pair,
  recommended: RecommendedRelease | undefined,
  known: KnownRelease | undefined,
): Target {
  if (recommended === undefined || recommended.kind === 'unknown-type') {
    return none('unknown-ami-type', `${pair.amiType} is not an AMI type with releases known to this version.`);
  }
  if (recommended.kind === 'missing') {
    return none('no-release-for-version', `Amazon publishes no release for ${pairKey(pair)}.`);
  }
  const { releaseVersion } = recommended;
  if (known?.newest === releaseVersion && known.recommended === releaseVersion && known.firstSeenAt !== undefined) {
    return { kind: 'release', releaseVersion, firstSeenAt: known.firstSeenAt };
  }
  const { newest } = known ?? {};
  const order = newest === undefined ? 1 : compareReleases(pair.amiType, releaseVersion, newest);
  if (newest !== undefined && order !== undefined && order < 0) {
    const message = `Amazon recommends ${releaseVersion} again; ${newest}, seen before, was withdrawn.`;
    return { ...none('release-withdrawn', message), recommended: releaseVersion, withdrawn: newest };
  }
  const unseen = none('release-not-yet-seen', `${releaseVersion} is not yet recorded by watch-ami-releases.`);
  return { ...unseen, recommended: releaseVersion };
}

const none = (reason: NoTarget['reason'], message: string): NoTarget => ({
  kind: 'none',
  reason,
  message,
});
