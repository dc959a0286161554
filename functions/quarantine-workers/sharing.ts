import { isProven } from '../shared/fleet/owners.ts';
import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import type { GroupObservation, NetworkUser } from './observation.ts';
import type { Policy } from './policy.ts';

/** A security group or subnet that is left alone, and by whose account. */
export interface LeftOpen {
  readonly id: string;
  /** The others in words, each once; empty where nobody knows. */
  readonly users: readonly string[];
}

/** What says whose a worker is, and whether it may be touched. */
export interface Reach {
  readonly scope: Policy['scope'];
  readonly account: string;
}

/** How many users a message names. */
const NAMED = 5;

/** Who keeps a security group from being changed for the sake of a cluster's group, in words; a pure function. */
export const keepersOfSecurityGroup = (
  users: readonly NetworkUser[],
  cluster: string,
  reach: Reach,
): readonly string[] => named(users, (user) => notAWorkerIn(user, cluster) ?? untouchable(user, reach));

/** The same for a subnet, which concerns nobody but those who launch workers into it. */
export const keepersOfSubnet = (users: readonly NetworkUser[], reach: Reach): readonly string[] =>
  named(users, (user) => untouchable(user, reach));

/** Why a user of a security group is none of this cluster's business; undefined: it is a worker or the control plane. */
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

/** Why a worker must not be touched; undefined: it may be, or it is no worker. */
function untouchable(user: NetworkUser, { scope, account }: Reach): string | undefined {
  if (user.kind !== 'worker') return undefined;
  const { cluster, ownership, owner, tags } = user;
  if (ownership === 'auto-mode') return 'EKS Auto Mode';
  if (isOptedOut(tags) || isOptedOut(owner.tags)) return 'opted out';
  if (!isInScope(scope, account, cluster)) return 'out of scope';
  if (owner.unreadable !== undefined) return 'unreadable';
  return isProven(owner) ? undefined : 'unknown to EKS';
}

/** By the group where its owner decides: workers come and go, and the same is not to be told again. */
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

/** What is left open, and for whose sake: a sentence for each. */
export const leftOpenInWords = (
  left: readonly LeftOpen[],
  { usersUnreadable }: Pick<GroupObservation, 'usersUnreadable'>,
) =>
  left
    .map(({ id, users }) => {
      if (users.length === 0)
        return `${id} is left open: nobody knows who uses it${usersUnreadable === undefined ? '' : ` (${usersUnreadable})`}.`;
      const more = users.length > NAMED ? ` and ${users.length - NAMED} more` : '';
      return `${id} is left open: ${users.slice(0, NAMED).join(', ')}${more} ${users.length === 1 ? 'uses' : 'use'} it too.`;
    })
    .join(' ');
