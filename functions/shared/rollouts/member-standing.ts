import type { Progress } from '../ledger/rollout-memory.ts';
import { LEDGER_UNREADABLE } from '../ledger/unreadable-items.ts';
import type { Candidate, Member } from './rollouts.ts';
import { isSameRelease, type TriedRelease } from './tried-release.ts';
import { CUSTOM } from './wave-place.ts';

/** How one member stands to a release. */
export type MemberStanding =
  /** The release does not concern it. `isUnsure`: it is an AMI that may have come to the member since it was seen. */
  | { readonly kind: 'apart'; readonly isUnsure: boolean }
  /** Later waves wait for it. `isUnseen`: nobody has looked at it for long. */
  | { readonly kind: 'waits'; readonly why: string; readonly isUnseen: boolean }
  /** The release goes no further. */
  | { readonly kind: 'stops'; readonly why: string }
  /** It has taken the release at this time, epoch milliseconds, and runs it or has run it for long enough. */
  | { readonly kind: 'taken'; readonly at: number }
  /** It runs a newer release, or is moving to one, and has never run this one for long enough. */
  | { readonly kind: 'passed-over' };

/** A release, and how long a wave runs it before the next one takes it, ms. */
type Released = Candidate & { readonly bakeBetween: number };

/** Why a member is waited for that moves to the release. */
export const MOVING = 'is moving to it';

/** How long a node group may be out of sight until those that wait for it have it looked at, ms. */
const SEEN_WITHIN = 26 * 3_600_000;

/**
 * How a member stands to a release; a pure function.
 *
 * @param orderOf compares what a member runs with the release: below 0 is older, and undefined incomparable
 */
export function standingOf(
  member: Member,
  release: Released,
  orderOf: (progress: Progress) => number | undefined,
  now: number,
): MemberStanding {
  const { progress, reason } = member;
  const { pair } = release;
  const isUnseen = progress === undefined || progress.seenAt + SEEN_WITHIN < now;
  if (member.isLeftByFormer === true) {
    // A look would tell nothing more of one that cannot be read.
    return progress?.health === 'unreadable'
      ? { kind: 'waits', why: 'cannot be read', isUnseen }
      : { kind: 'waits', why: 'has not been reconciled since the policy changed', isUnseen: true };
  }
  // A look would tell nothing of this one either.
  if (reason === LEDGER_UNREADABLE) return { kind: 'waits', why: 'cannot be read in the ledger', isUnseen: false };
  // Nobody knows either which AMIs come to a member where its AMI, or the list of AMIs, cannot be read.
  if (progress === undefined || (pair === CUSTOM && progress.images === undefined)) {
    const unknown = progress === undefined ? 'has not been reconciled yet' : 'does not know which AMIs come to it';
    return { kind: 'waits', why: reason === 'unreadable' ? 'cannot be read' : unknown, isUnseen };
  }
  // A release of an older Kubernetes version comes before every release of this pair.
  const order = progress.pair === pair ? orderOf(progress) : -1;
  if (order === undefined) {
    // An AMI may have come to the member since the ledger saw it.
    return isUnseen
      ? { kind: 'waits', why: 'has not been reconciled for long', isUnseen }
      : { kind: 'apart', isUnsure: true };
  }
  if (order > 0) return ofNewer(member, progress, release);
  const standing = order < 0 ? ofOlder(member, progress, release) : ofSame(member, progress, release);
  return typeof standing === 'string' ? { kind: 'waits', why: standing, isUnseen } : standing;
}

/** The standing of a member that runs a newer release. */
function ofNewer({ taking }: Member, { runs, ran = [], failed = [] }: Progress, release: Released): MemberStanding {
  const { releaseVersion, withdrawn = [], bakeBetween } = release;
  if (failed.some((each) => isSameRelease(each, triedAs(release)))) return { kind: 'stops', why: 'failed with it' };
  // A member that left the release before it had baked has not tried it.
  const before = ran.find(
    ({ since, until = since, ...run }) => run.releaseVersion === releaseVersion && until - since >= bakeBetween,
  );
  if (before !== undefined) return { kind: 'taken', at: before.since };
  // A member that leaves a withdrawn release for a newer one has passed this one over, too.
  return withdrawn.includes(taking ?? runs.releaseVersion)
    ? { kind: 'apart', isUnsure: false }
    : { kind: 'passed-over' };
}

/** The standing of a member that runs an older release, or why it is waited for. */
function ofOlder({ taking, failed, reason }: Member, { health }: Progress, release: Released): MemberStanding | string {
  if (taking === release.releaseVersion) return MOVING;
  if (failed !== undefined && isSameRelease(failed, triedAs(release))) {
    return { kind: 'stops', why: 'failed to move to it' };
  }
  if (health === 'unreadable') return 'cannot be read';
  // A member that was unhealthy before it took the release says nothing about the release.
  if (health === 'unhealthy') return 'is unhealthy';
  return reason === undefined ? 'has not finished' : `has not finished (${reason})`;
}

/** The standing of a member that runs the release, or why it is waited for. */
function ofSame(member: Member, { runs, health }: Progress, release: Released): MemberStanding | string {
  if (member.taking === release.releaseVersion) return MOVING;
  if (health === 'unreadable') return 'cannot be read';
  const hasFailedAnother = member.failed !== undefined && !isSameRelease(member.failed, triedAs(release));
  // An attempt to move to another release has made the member unhealthy, or has left nodes of both.
  const isByAnother = hasFailedAnother && (member.broke ?? []).length > 0;
  if (health === 'unhealthy' && !isByAnother) return { kind: 'stops', why: 'is unhealthy with it' };
  if (health === 'mixed' && !hasFailedAnother) return 'has nodes that do not run it';
  return { kind: 'taken', at: runs.since };
}

const triedAs = ({ pair, releaseVersion }: Candidate): TriedRelease =>
  pair === CUSTOM ? { releaseVersion } : { releaseVersion, kubernetesVersion: pair.slice(0, pair.indexOf('/')) };
