import type { AutoScalingClient, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { type ClusterReader, createClusterReader } from '../../shared/fleet/fleet.ts';
import { type Identity, readOwner } from '../../shared/fleet/identity.ts';
import { readTemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import { groupNameOf, readSelfManagedGroups } from '../../shared/fleet/self-managed-groups.ts';
import { type Followers, readFollowers } from '../../shared/fleet/template-followers.ts';
import { codeOwnerOf } from '../../shared/fleet/template-owner.ts';
import { type GroupScope, groupTriggerOf } from '../../shared/intake/group-batch.ts';
import { unreadSubject } from '../../shared/intake/unread-subject.ts';
import { type Drained, readDrainedGroups } from '../../shared/ledger/drained-groups.ts';
import { type Need, readNeeds } from '../../shared/ledger/finding-ledger.ts';
import { type Ledger, withReadableItems } from '../../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import { REFRESH_PK, type RefreshState, readStates, stateOf } from '../../shared/ledger/refresh-ledger.ts';
import { type ReplacementOrder, readReplacementOrders } from '../../shared/ledger/replacement-orders.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import type { WantedReading } from '../../shared/releases/read-wanted-images.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { codeIn } from '../../shared/runtime/aws-error.ts';
import { once } from '../../shared/runtime/once.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import type { Policy } from '../policy.ts';
import { groupView } from './group-view.ts';
import { readDrains, readImages, readRefreshes } from './read-group.ts';
import { createWantedHereReader, type WantedHereReader } from './read-wanted-here.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/**
 * Reads the self-managed Auto Scaling groups of the scope. The groups of managed node groups are left out: EKS operates
 * them, and reports `AutoScalingGroupInstanceRefreshActive` when somebody else refreshes them.
 *
 * @param known the groups of which the ledger remembers something. They are read even when no worker names them any
 *   more.
 * @param now epoch ms
 * @param troubles gets what could not be read, and is not told of its group: all else is done before it is thrown
 */
export async function observeGroups(
  clients: ObserveClients,
  scope: GroupScope,
  policy: Policy | InvalidPolicy,
  known: readonly NodeGroupKey[],
  now: number,
  troubles: unknown[],
): Promise<Observation[]> {
  const readCluster = createClusterReader(clients.eks, 'tell');
  const knownHere = known.filter((key) => groupTriggerOf(scope, key) !== undefined);
  const {
    described,
    found,
    instances: byId,
    identities,
    unreadPools,
  } = await readSelfManagedGroups(
    clients,
    readCluster,
    { clusters: [...scope.clusters.keys()], groups: [...scope.groups.keys()] },
    knownHere.map(groupNameOf),
  );
  const unseen = await ownersOf(
    clients,
    readCluster,
    [
      ...knownHere.map((key) => ({
        key,
        group: described.find(({ AutoScalingGroupName }) => AutoScalingGroupName === groupNameOf(key)),
      })),
      // Nothing proves that such a group belongs to the cluster, so the request is refused whether the group exists or
      // not.
      ...[...scope.requests.keys()].map((subject) => ({ key: keyOf(subject) })),
    ],
    found,
  );
  const all = [...found, ...unseen];
  const subjects = all.map(({ key }) => subjectOf(key));
  const [states, drained, orders, needs] = await Promise.all([
    readStates(clients.ledger, subjects),
    readDrainedGroups(clients.ledger, subjects, now),
    readReplacementOrders(clients.ledger, now),
    readNeeds(clients.ledger, subjects),
  ]);
  const context = {
    clients,
    readFollowers: once(() => readFollowers(clients.autoScaling)),
    scope,
    policy,
    readCluster,
    readWanted: createWantedHereReader(clients, now),
    byId,
    identities,
    unreadPools,
    troubles,
    states,
    drained,
    orders,
    needs,
  };
  const readable = withReadableItems(clients.ledger, REFRESH_PK, all, ({ key }) => subjectOf(key));
  return (await pMap(readable, (each) => observe(context, each), { concurrency: READ_CONCURRENCY })).flat();
}

interface Context {
  readonly clients: ObserveClients;
  readonly scope: GroupScope;
  readonly policy: Policy | InvalidPolicy;
  readonly readCluster: ClusterReader;
  readonly readWanted: WantedHereReader;
  /** Reads the groups that launch from the latest version of a template, once. */
  readonly readFollowers: () => Promise<Followers>;
  readonly byId: ReadonlyMap<string, DescribedInstance>;
  readonly identities: ReadonlyMap<string, Identity>;
  /** The errors with which warm pools could not be read, by the name of their group. */
  readonly unreadPools: ReadonlyMap<string, unknown>;
  /** Gets what could not be read, and is not told of its group. */
  readonly troubles: unknown[];
  readonly states: ReadonlyMap<string, RefreshState>;
  /** The groups that `drain-nodes` drains, by `subjectOf`. */
  readonly drained: ReadonlyMap<string, Drained>;
  /** The orders to replace workers, by `subjectOf`. */
  readonly orders: ReadonlyMap<string, ReplacementOrder>;
  /** The open findings of groups, by `subjectOf`. */
  readonly needs: ReadonlyMap<string, Need>;
}

/** An Auto Scaling group that has workers, with its owner. */
interface Found {
  /** Absent where Auto Scaling does not show the group. */
  readonly group?: AutoScalingGroup | undefined;
  readonly key: NodeGroupKey;
  readonly owner: Owner;
}

/** The groups that no worker led to, each once, with their cluster as the owner. */
async function ownersOf(
  { eks }: ObserveClients,
  readCluster: ClusterReader,
  groups: ReadonlyArray<Omit<Found, 'owner'>>,
  found: readonly Found[],
): Promise<Found[]> {
  const known = new Set(found.map(({ key }) => subjectOf(key)));
  const unseen = groups.filter(({ key }) => {
    const isFirst = !known.has(subjectOf(key));
    known.add(subjectOf(key));
    return isFirst;
  });
  const own = async (each: Omit<Found, 'owner'>) => ({ ...each, owner: await readOwner(eks, readCluster, each.key) });
  return pMap(unseen, own, { concurrency: READ_CONCURRENCY });
}

/** Whether the policy names an AMI that the launch template does not name yet. */
const mayNeedVersion = (wanted: WantedReading | undefined, named: string | undefined): boolean =>
  wanted?.kind === 'named' && wanted.candidates.some(({ image }) => image.imageId !== named);

async function observe(context: Context, { group, key, owner }: Found): Promise<Observation[]> {
  const { clients, scope, policy, readCluster, readFollowers, unreadPools, troubles, states, drained } = context;
  const name = groupNameOf(key);
  const { cluster } = key;
  const request = scope.requests.get(subjectOf(key));
  const trigger = groupTriggerOf(scope, key);
  if (trigger === undefined) return [];
  const state = stateOf(group?.AutoScalingGroupARN, states.get(subjectOf(key)));
  const tags = Object.fromEntries((group?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const here = policyHere(policy, { key, owner, group: { tags } });
  const wantedHere = isInvalid(here) || here.refreshes.mode === 'off' ? null : here.refreshes.wanted;
  const order = context.orders.get(subjectOf(key));
  const need = context.needs.get(subjectOf(key));
  const view = { ...groupView(context, key, group), tags };
  const common = {
    key,
    group: view,
    trigger,
    owner,
    controlPlane: '',
    refreshes: [],
    drains: false,
    state,
    ...(order !== undefined && { order }),
    ...(need !== undefined && { need }),
    ...(request !== undefined && request.trigger.id !== state.answered && { request }),
  };
  // Where the policy names no AMI and no refresh can be followed or undone, AWS is asked nothing more.
  const isIdle = wantedHere === null && state.refresh === undefined && state.done === undefined;
  if (isIdle || group === undefined) return [common];
  // The policy names an AMI for it, which is not read, so that the group is told of.
  const refusedBy = (error: string): Observation[] => [
    {
      ...common,
      unreadable: error,
      ...(wantedHere !== null && {
        wanted: { kind: 'unreadable', error, code: codeIn(error), isThrottled: false },
      }),
    },
  ];
  // One group that cannot be read stops no other.
  const unread = (error: unknown): Observation[] => {
    const unreadable = unreadSubject(error, trigger);
    if (unreadable !== undefined) return refusedBy(unreadable);
    troubles.push(error);
    return [];
  };
  if (unreadPools.has(name)) return unread(unreadPools.get(name));
  try {
    const [ofCluster, refreshes, drains, images, template] = await Promise.all([
      readCluster(cluster),
      readRefreshes(clients.autoScaling, name),
      readDrains(clients.autoScaling, name, drained.get(subjectOf(key))),
      readImages(clients.ec2, view.members),
      view.source.kind === 'version' || view.source.kind === 'floating'
        ? readTemplateVersion(clients.ec2, view.source.templateId, view.source.version)
        : undefined,
    ]);
    const version = ofCluster.kind === 'found' ? (ofCluster.found.version ?? '') : '';
    const { controlPlane, wanted } =
      wantedHere === null || isInvalid(here)
        ? { controlPlane: version, wanted: undefined }
        : await context.readWanted(cluster, version, wantedHere, here);
    const [behind, present] = [images[0], images.at(-1)];
    const codeOwner = template?.kind === 'found' ? codeOwnerOf(template.found.tags) : undefined;
    const unreadable = template?.kind === 'unreadable' ? template.error : undefined;
    const { source } = view;
    // A group that floats itself is pinned first, which makes no version.
    const followers =
      source.kind === 'version' && template?.kind === 'found' && mayNeedVersion(wanted, template.found.data.ImageId)
        ? (await readFollowers())(source.templateId).filter((each) => each !== name)
        : undefined;
    return [
      {
        ...common,
        controlPlane,
        refreshes,
        drains,
        ...(wanted !== undefined && { wanted }),
        ...(present !== undefined && { present }),
        ...(behind !== present && behind !== undefined && { behind }),
        ...(template?.kind === 'found' && {
          template: { ...template.found, ...(codeOwner !== undefined && { codeOwner }) },
        }),
        ...(followers !== undefined && { followers }),
        ...(unreadable !== undefined && { unreadable }),
      },
    ];
  } catch (error) {
    return unread(error);
  }
}
