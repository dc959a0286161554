import type { NodeGroupKey, Progress } from '../ledger/node-group-ledger.ts';
import type { TriedRelease } from './tried-release.ts';

/** A managed node group in the rollouts of the fleet. */
export interface Member {
  readonly key: NodeGroupKey;
  /** The place of its wave, from 0. */
  readonly wave: number;
  /** Absent: it has not been looked at since there are waves. */
  readonly progress?: Progress | undefined;
  /** Why it stands as it does: its last reason. */
  readonly reason?: string | undefined;
  /** The release that it is moving to. */
  readonly taking?: string | undefined;
  /** The release that it has failed to move to. */
  readonly failed?: TriedRelease | undefined;
  /** Codes of the health issues that it has since that attempt. */
  readonly broke?: readonly string[] | undefined;
}

/** Who keeps a release from a wave, and how. */
export interface Blocker {
  readonly key: NodeGroupKey;
  readonly wave: number;
  readonly why: string;
}

/** Whether a node group may take a release, as far as other node groups are concerned. */
export type Entry =
  | { readonly kind: 'open' }
  /** The first one goes alone. */
  | { readonly kind: 'alone'; readonly first: Blocker }
  /** An earlier wave has not finished. */
  | { readonly kind: 'unfinished'; readonly blockers: readonly Blocker[]; readonly unseen: readonly NodeGroupKey[] }
  /** It failed in an earlier wave, or made it unhealthy. */
  | { readonly kind: 'stopped'; readonly blockers: readonly Blocker[] }
  /** The last of the earlier waves has taken it at `since`, epoch milliseconds, and must run it well for a while. */
  | { readonly kind: 'baking'; readonly wave: number; readonly since: number }
  /** An earlier wave runs a newer one, and has never run this one. */
  | { readonly kind: 'passed-over'; readonly wave: number };

/** A release of a pair. */
export interface Candidate {
  readonly pair: string;
  readonly releaseVersion: string;
  /** Releases of the pair that Amazon has withdrawn: who runs one of them says nothing about an older one. */
  readonly withdrawn?: readonly string[];
}

/** How the rollouts of a fleet stand. */
export interface Rollouts {
  readonly entryOf: (key: NodeGroupKey, wave: number, candidate: Candidate, bakeBetween: number, now: number) => Entry;
  readonly memberOf: (subject: string) => Member | undefined;
  /** Who of the waves before a wave runs a release, or is moving to it. */
  readonly takersBefore: (wave: number, candidate: Candidate) => readonly Member[];
  /** The same once these stand otherwise, by subject; undefined: it is no member any more. */
  readonly with: (changed: ReadonlyArray<readonly [string, Member | undefined]>) => Rollouts;
  /** The same once one begins to move. */
  readonly withStart: (subject: string, member: Member) => Rollouts;
}
