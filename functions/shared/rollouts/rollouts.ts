import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import type { Progress } from '../ledger/rollout-memory.ts';
import type { TriedRelease } from './tried-release.ts';

/** A managed node group in the rollouts of the fleet. */
export interface Member {
  readonly key: NodeGroupKey;
  /** The place of the node group's wave, from 0. */
  readonly wave: number;
  /**
   * How the node group stands in its rollouts; absent: no reconcile has looked at the node group since the policy has
   * waves.
   */
  readonly progress?: Progress | undefined;
  /** Whether the policy left the node group alone, or only had it proposed what is due, and has changed since. */
  readonly isLeftByFormer?: boolean;
  /** The last reason that was recorded of the node group. */
  readonly reason?: string | undefined;
  /** The release that the node group is moving to. */
  readonly taking?: string | undefined;
  /** The release that the node group has failed to move to. */
  readonly failed?: TriedRelease | undefined;
  /** Codes of the health issues that the node group has had since the failed attempt. */
  readonly broke?: readonly string[] | undefined;
}

/** A node group that keeps a release from a wave, and why. */
export interface Blocker {
  readonly key: NodeGroupKey;
  readonly wave: number;
  readonly why: string;
}

/** Whether a node group may take a release, as far as other node groups are concerned. */
export type Entry =
  | { readonly kind: 'open' }
  /** The first node group that takes the release goes alone. */
  | { readonly kind: 'alone'; readonly first: Blocker }
  /** An earlier wave has not finished. */
  | { readonly kind: 'unfinished'; readonly blockers: readonly Blocker[]; readonly unseen: readonly NodeGroupKey[] }
  /** The release failed in an earlier wave, or made a node group there unhealthy. */
  | { readonly kind: 'stopped'; readonly blockers: readonly Blocker[] }
  /**
   * The last of the earlier waves took the release at `since`, epoch milliseconds, and must run it well for a while.
   */
  | { readonly kind: 'baking'; readonly wave: number; readonly since: number }
  /** An earlier wave runs a newer release, or is moving to one, and has never run the candidate. */
  | { readonly kind: 'passed-over'; readonly wave: number };

/** A release of a pair. */
export interface Candidate {
  readonly pair: string;
  readonly releaseVersion: string;
  /**
   * Releases of the pair that Amazon has withdrawn: a node group that runs one of them says nothing about an older one.
   */
  readonly withdrawn?: readonly string[];
}

/** How the rollouts of a fleet stand. */
export interface Rollouts {
  readonly entryOf: (key: NodeGroupKey, wave: number, candidate: Candidate, bakeBetween: number, now: number) => Entry;
  /** The places of the waves before a wave in which nothing takes a release, ever has, or is waited for. */
  readonly emptyBefore: (wave: number, candidate: Candidate, bakeBetween: number, now: number) => readonly number[];
  /** The members of the waves before a wave to which the candidate, an AMI, may have come since they were seen. */
  readonly unsureBefore: (
    wave: number,
    candidate: Candidate,
    bakeBetween: number,
    now: number,
  ) => readonly NodeGroupKey[];
  /** Whether a member runs a release, or has run it for long enough. */
  readonly hasBeenTaken: (candidate: Candidate, bakeBetween: number, now: number) => boolean;
  readonly memberOf: (subject: string) => Member | undefined;
  /** The members of the waves before a wave that run a release, or are moving to it. */
  readonly takersBefore: (wave: number, candidate: Candidate) => readonly Member[];
  /**
   * The same rollouts once the named members stand otherwise, by subject; undefined: the subject is no member any more.
   */
  readonly with: (changed: ReadonlyArray<readonly [string, Member | undefined]>) => Rollouts;
  /** The same rollouts once a member begins to move. */
  readonly withStart: (subject: string, member: Member) => Rollouts;
}
