import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import type { Told } from '../../shared/records/decision.ts';
import { counted } from '../../shared/text/counted.ts';
import type { Reason } from '../reasons.ts';
import { say } from './decision.ts';
import type { Member, Observation } from './observation.ts';
import { stayingMembers } from './staying-members.ts';

/**
 * How long a new worker may take to join its cluster, ms. Karpenter gives a node 15 minutes, and Windows takes longest
 * (karpenter-provider-aws, "NodeClaims", registration).
 */
const JOINS_WITHIN = 20 * 60_000;

/**
 * Whether the tags of a group tell which of its workers have joined: those of all in service do. Nobody knows whether
 * EKS tags every instance that it does not manage, so the tags of others are no evidence.
 */
export function tellsJoined(members: readonly Member[]): boolean {
  const serving = members.filter(({ lifecycleState }) => lifecycleState === 'InService');
  return serving.length > 0 && serving.every(({ hasJoined }) => hasJoined === true);
}

/**
 * The workers that a refresh has brought, none of which has joined the cluster; none where one has, or where nobody can
 * tell. An instance of a warm pool may have been launched long before it served, so of a group with one nobody can tell.
 */
function absentOf({ members }: Observation['group'], { target, at, tellsJoined: tells }: Refresh): Member[] {
  const staying = stayingMembers(members);
  if (tells === undefined || staying.some(({ lifecycleState }) => lifecycleState !== 'InService')) return [];
  const brought = staying.filter(({ imageId, launchedAt = 0 }) => imageId === target && launchedAt >= at);
  return brought.some(({ hasJoined }) => hasJoined === true) ? [] : brought;
}

/** When the first of the workers that have not joined should have, epoch milliseconds; undefined where one has. */
export function joinsBy(group: Observation['group'], refresh: Refresh): number | undefined {
  const launches = absentOf(group, refresh).map(({ launchedAt = 0 }) => launchedAt);
  return launches.length === 0 ? undefined : Math.min(...launches) + JOINS_WITHIN;
}

/** Says that none of the workers that a refresh has brought joins the cluster; undefined where that is not known. */
export function whyAbsent(group: Observation['group'], refresh: Refresh, now: number): Told<Reason> | undefined {
  const by = joinsBy(group, refresh);
  if (by === undefined || by > now) return undefined;
  const absent = absentOf(group, refresh);
  const names = absent.slice(0, 5).map(({ id }) => id);
  const message = `No worker with ${refresh.target} has joined the cluster, and ${counted(absent.length, 'such worker is', 'such workers are')} in service: ${names.join(', ')}.`;
  return say('failed', 'refresh-nodes-absent', message, `${refresh.target} ${refresh.attempt}`);
}
