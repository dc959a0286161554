import pMap from 'p-map';
import { type GroupReading, groupNameOf } from '../shared/fleet/self-managed-groups.ts';
import { type GroupScope, groupTriggerOf } from '../shared/intake/group-batch.ts';
import { type Ledger, withReadableItems } from '../shared/ledger/ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { ClusterViews } from './cluster-view.ts';
import { type DrainState, newDrain, PK, readDrains } from './drain-ledger.ts';
import { isAtHook, isRetained } from './lifecycle-state.ts';
import type { DrainObservation, GroupObservation, Member } from './observation.ts';
import type { ScheduledEvents } from './scheduled-events.ts';

interface Known {
  readonly hooks: readonly GroupObservation[];
  /** The drains of the scope that have not ended, by instance id. */
  readonly open: ReadonlyMap<string, DrainState>;
  readonly scope: GroupScope;
  readonly now: number;
  readonly events: ScheduledEvents;
}

/** A member of a group that may have to be drained, or whose drain goes on. */
type Possible = Pick<GroupObservation, 'group' | 'key' | 'owner' | 'trigger'> & {
  readonly member: Member;
  readonly isDrained: DrainObservation['group']['isDrained'];
};

/**
 * The instances that may wait for our hook, are retained since it was abandoned, whose drain has not ended, or for
 * which EC2 has scheduled an event.
 */
export async function observeDrains(
  ledger: Ledger,
  views: ClusterViews,
  { instances, described, unreadPools }: GroupReading,
  known: Known,
): Promise<DrainObservation[]> {
  const { open, events } = known;
  const possible = possibleIn(known);
  const former = await readDrains(
    ledger,
    possible.flatMap(({ member: { id } }) => (open.has(id) ? [] : id)),
  );
  // What another hook has had retained waits for whoever made that hook.
  const concerned = withReadableItems(ledger, PK, possible, ({ member: { id } }) => id).filter(
    ({ member: { id, lifecycleState }, group }) =>
      !isRetained(lifecycleState) || open.has(id) || former.has(id) || group.otherHooks.length === 0,
  );
  const present = await pMap(
    concerned,
    (each) => observeMember(views, each, former, instances.get(each.member.id)?.PrivateDnsName, known),
    { concurrency: READ_CONCURRENCY },
  );
  const seen = new Set(described.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId)));
  // Nobody knows whether an event that is not shown is over.
  const certain = present.filter(({ state }) => events.unread === undefined || state.ahead !== true);
  // An instance of a warm pool that cannot be read is not gone.
  const gone = goneIn(known, seen).filter(({ group }) => !unreadPools.has(group.name));
  return [...certain, ...gone];
}

const possibleIn = ({ hooks, open, events }: Known): Possible[] =>
  hooks.flatMap(({ group, key, owner, trigger, noAccess, state: { made } }) =>
    group.members
      .filter(
        ({ id, lifecycleState, isNotOurs }) =>
          open.has(id) ||
          (events.next.has(id) && lifecycleState === 'InService' && isNotOurs === undefined) ||
          // A hook of this name that nobody made here is somebody else's.
          (made !== undefined && isAtHook(lifecycleState) && group.hook !== 'absent') ||
          (made?.retains === true && isRetained(lifecycleState)),
      )
      .map((member) => ({
        member,
        group,
        key,
        owner,
        trigger,
        isDrained: made !== undefined && group.hook === 'stands' && isOpen(noAccess),
      })),
  );

async function observeMember(
  views: ClusterViews,
  { member, group, key, owner, trigger, isDrained }: Possible,
  former: ReadonlyMap<string, DrainState>,
  privateDnsName: string | undefined,
  { open, now, events }: Known,
): Promise<DrainObservation> {
  const { id: instanceId, lifecycleState, isOptedOut } = member;
  const known = open.get(instanceId) ?? newDrain(key, now, former.get(instanceId), lifecycleState === 'InService');
  // Its termination begins the time that it may take.
  const state =
    known.ahead === true && lifecycleState !== 'InService' ? { ...known, ahead: undefined, startedAt: now } : known;
  const event = events.next.get(instanceId);
  return {
    instanceId,
    key,
    trigger,
    owner,
    group: {
      name: group.name,
      tags: group.tags,
      retains: group.retains,
      retained: group.members.filter((each) => isRetained(each.lifecycleState)).length,
      isDrained,
      isMoving: isMoving(group),
      suspended: group.suspended,
    },
    lifecycleState,
    isOptedOut,
    node:
      state.ahead === true ? { kind: 'absent' } : await views.viewNode(key.cluster, instanceId, privateDnsName, state),
    ...(event !== undefined && { event }),
    state,
  };
}

/** The instances that no group has any more, and whose drain has not ended. */
const goneIn = ({ open, scope }: Known, seen: ReadonlySet<string>): DrainObservation[] =>
  [...open].flatMap(([instanceId, state]): DrainObservation[] => {
    const trigger = groupTriggerOf(scope, state);
    if (seen.has(instanceId) || trigger === undefined) return [];
    const { cluster, nodegroup } = state;
    return [
      {
        instanceId,
        key: { cluster, nodegroup },
        trigger,
        owner: { tags: {} },
        group: {
          name: groupNameOf(state),
          tags: {},
          retains: false,
          retained: 0,
          isDrained: false,
          isMoving: false,
          suspended: [],
        },
        lifecycleState: undefined,
        isOptedOut: false,
        node: { kind: 'absent' },
        state,
      },
    ];
  });

const isOpen = (noAccess: GroupObservation['noAccess']): DrainObservation['group']['isDrained'] =>
  noAccess === undefined || (noAccess.mayPass && 'in-doubt');

/**
 * Whether an instance of a group begins or ends, or is missing. One that is retained is no matter of the group any
 * more.
 */
function isMoving({ members, desired }: GroupObservation['group']): boolean {
  const inService = ({ lifecycleState }: Member) => lifecycleState === 'InService';
  const isOnItsWay = ({ lifecycleState }: Member) =>
    /^(Pending|Terminating|ReplacingRootVolume|RootVolumeReplaced)/.test(lifecycleState) && !isRetained(lifecycleState);
  return members.some(isOnItsWay) || members.filter(inService).length < desired;
}
