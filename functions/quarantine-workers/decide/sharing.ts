import { isProven } from '../../shared/fleet/owners.ts';
import { isInScope, isOptedOut } from '../../shared/fleet/scope.ts';
import type { GroupObservation, NetworkUser } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/** A security group or subnet that is left alone, and the users that are the reason. */
export interface LeftOpen {
  readonly id: string;
  /** The other users in words, without duplicates; empty where unknown. */
  readonly users: readonly string[];
  /** The account that owns it, where that is another one. */
  readonly owner?: string;
}

type WorkerUser = Extract<NetworkUser, { kind: 'worker' }>;

/** What determines whether a worker may be acted upon. */
export interface Reach {
  readonly scope: Policy['scope'];
  readonly account: string;
}

/** How many users a message names. */
const NAMED = 5;

/**
 * The users for whose sake a security group must not be changed for a cluster's node group, in words; a pure function.
 */
export const keepersOfSecurityGroup = (
  users: readonly NetworkUser[],
  cluster: string,
  reach: Reach,
): readonly string[] => named(users, (user) => notAWorkerIn(user, cluster) ?? untouchable(user, reach));

/** The same for a subnet, whose change only affects those who launch workers in it. */
export const keepersOfSubnet = (users: readonly NetworkUser[], reach: Reach): readonly string[] =>
  named(users, (user) => untouchable(user, reach));

/** Workers for whose sake something must not be changed, in words. */
export const keepersAmongWorkers = (
  users: readonly NetworkUser[],
  why: (worker: WorkerUser) => string | undefined,
): readonly string[] => named(users, (user) => (user.kind === 'worker' ? why(user) : undefined));

/** Why a user of a security group does not belong to this cluster; undefined for its workers and its control plane. */
function notAWorkerIn(user: NetworkUser, cluster: string): string | undefined {
  switch (user.kind) {
    case 'instance':
      return 'no worker';
    case 'interface':
      return user.description === '' ? 'no worker' : user.description;
    default:
      return user.cluster === cluster ? undefined : `of cluster ${user.cluster}`;
  }
}

/** Why a worker must not be acted upon; undefined where it may be, or where the user is not a worker. */
function untouchable(user: NetworkUser, { scope, account }: Reach): string | undefined {
  if (user.kind !== 'worker') return undefined;
  const { cluster, ownership, owner, tags } = user;
  if (ownership === 'auto-mode') return 'EKS Auto Mode';
  if (isOptedOut(tags) || isOptedOut(owner.tags)) return 'opted out';
  if (!isInScope(scope, account, cluster)) return 'out of scope';
  if (owner.unreadable !== undefined) return 'unreadable';
  return isProven(owner) ? undefined : 'unknown to EKS';
}

/** Names users, by node group where the owner decides, so that workers that come and go cause no new records. */
function named(users: readonly NetworkUser[], why: (user: NetworkUser) => string | undefined): readonly string[] {
  const names = users.flatMap((user) => {
    const reason = why(user);
    return reason === undefined ? [] : `${nameOf(user)} (${reason})`;
  });
  return [...new Set(names)].sort();
}

function nameOf(user: NetworkUser): string {
  switch (user.kind) {
    case 'interface':
      return user.interfaceId;
    case 'control-plane':
      return `the control plane of ${user.cluster}`;
    case 'instance':
      return user.instanceId;
    case 'worker': {
      const { cluster, nodegroup, tags, instanceId } = user;
      return nodegroup === undefined || isOptedOut(tags) ? instanceId : `${cluster}/${nodegroup}`;
    }
  }
}

/** What is left open and for which users, one sentence each. */
export const leftOpenInWords = (
  left: readonly LeftOpen[],
  { usersUnreadable }: Pick<GroupObservation, 'usersUnreadable'>,
) =>
  left
    .map(({ id, users, owner }) => {
      if (owner !== undefined) return `${id} is left open: account ${owner} owns it, and alone can change it.`;
      if (users.length === 0)
        return `${id} is left open: nobody knows who uses it${usersUnreadable === undefined ? '' : ` (${usersUnreadable})`}.`;
      const more = users.length > NAMED ? ` and ${users.length - NAMED} more` : '';
      return `${id} is left open: ${users.slice(0, NAMED).join(', ')}${more} ${users.length === 1 ? 'uses' : 'use'} it too.`;
    })
    .join(' ');
