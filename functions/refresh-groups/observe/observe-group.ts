import type { AutoScalingClient, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import type { Identity } from '../../shared/fleet/identity.ts';
import { readTemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import { groupNameOf } from '../../shared/fleet/self-managed-groups.ts';
import type { Followers } from '../../shared/fleet/template-followers.ts';
import { codeOwnerOf } from '../../shared/fleet/template-owner.ts';
import { type GroupScope, groupTriggerOf } from '../../shared/intake/group-batch.ts';
import { unreadSubject } from '../../shared/intake/unread-subject.ts';
import type { Drained } from '../../shared/ledger/drained-groups.ts';
import type { Need } from '../../shared/ledger/finding-ledger.ts';
import { type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import { type RefreshState, stateOf } from '../../shared/ledger/refresh-ledger.ts';
import type { ReplacementOrder } from '../../shared/ledger/replacement-orders.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import type { WantedReading } from '../../shared/releases/read-wanted-images.ts';
import { codeIn } from '../../shared/runtime/aws-error.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import type { Policy } from '../policy.ts';
import { groupView } from './group-view.ts';
import { readDrains, readImages, readRefreshes } from './read-group.ts';
import type { WantedHereReader } from './read-wanted-here.ts';

/** What all groups of a reconcile are observed with. */
export interface Context {
  readonly clients: { readonly autoScaling: AutoScalingClient; readonly ec2: EC2Client };
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

/** A group, with its owner. */
export interface Found {
  /** Absent where Auto Scaling does not show the group. */
  readonly group?: AutoScalingGroup | undefined;
  readonly key: NodeGroupKey;
  readonly owner: Owner;
}

/** Observes one group; undefined where it is not in the scope, or could not be read and is in the troubles. */
export async function observeGroup(context: Context, found: Found): Promise<Observation | undefined> {
  const { policy, unreadPools, troubles } = context;
  const { group, key } = found;
  const known = withoutFurtherCalls(context, found);
  if (known === undefined) return undefined;
  const here = policyHere(policy, known);
  const wanted = isInvalid(here) || here.refreshes.mode === 'off' ? null : here.refreshes.wanted;
  const readWanted: ReadWanted | undefined =
    wanted === null || isInvalid(here)
      ? undefined
      : (version) => context.readWanted(key.cluster, version, wanted, here);
  // Where the policy names no AMI and no refresh can be followed or undone, AWS is asked nothing more.
  const isIdle = readWanted === undefined && known.state.refresh === undefined && known.state.done === undefined;
  if (isIdle || group === undefined) return known;
  try {
    const name = groupNameOf(key);
    if (unreadPools.has(name)) throw unreadPools.get(name);
    return { ...known, ...(await readFurther(context, known, readWanted)) };
  } catch (error) {
    const unreadable = unreadSubject(error, known.trigger);
    // One group that cannot be read stops no other.
    if (unreadable === undefined) return void troubles.push(error);
    if (readWanted === undefined) return { ...known, unreadable };
    // The policy names an AMI for it, which is not read, so that the group is told of.
    const unread = { kind: 'unreadable', error: unreadable, code: codeIn(unreadable), isThrottled: false } as const;
    return { ...known, unreadable, wanted: unread };
  }
}

/** Reads what the policy names for a group in a cluster whose control plane runs a version. */
type ReadWanted = (version: string) => Promise<Pick<Observation, 'controlPlane' | 'wanted'>>;

/** What is known of a group by reads that all groups share; undefined where it is not in the scope. */
function withoutFurtherCalls(context: Context, { group, key, owner }: Found): Observation | undefined {
  const { scope } = context;
  const subject = subjectOf(key);
  const trigger = groupTriggerOf(scope, key);
  if (trigger === undefined) return undefined;
  const state = stateOf(group?.AutoScalingGroupARN, context.states.get(subject));
  const tags = Object.fromEntries((group?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const [order, need, request] = [context.orders.get(subject), context.needs.get(subject), scope.requests.get(subject)];
  return {
    key,
    group: { ...groupView(context, key, group), tags },
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
}

/** What AWS tells of one group when it is asked about it alone. */
type Further = Pick<
  Observation,
  'controlPlane' | 'refreshes' | 'drains' | 'wanted' | 'present' | 'behind' | 'template' | 'followers' | 'unreadable'
>;

/** @param readWanted absent where the policy names nothing for the group */
async function readFurther(
  { clients: { autoScaling, ec2 }, readCluster, readFollowers, drained }: Context,
  { key, group: { source, members } }: Observation,
  readWanted: ReadWanted = async (controlPlane) => ({ controlPlane }),
): Promise<Further> {
  const name = groupNameOf(key);
  const isTemplated = source.kind === 'version' || source.kind === 'floating';
  const [cluster, refreshes, drains, images, template] = await Promise.all([
    readCluster(key.cluster),
    readRefreshes(autoScaling, name),
    readDrains(autoScaling, name, drained.get(subjectOf(key))),
    readImages(ec2, members),
    isTemplated ? readTemplateVersion(ec2, source.templateId, source.version) : undefined,
  ]);
  const { controlPlane, wanted } = await readWanted(cluster.kind === 'found' ? (cluster.found.version ?? '') : '');
  const [behind, present] = [images[0], images.at(-1)];
  const found = template?.kind === 'found' ? template.found : undefined;
  const codeOwner = found && codeOwnerOf(found.tags);
  // A group that floats itself is pinned first, which makes no version.
  const followers =
    source.kind === 'version' && found !== undefined && mayNeedVersion(wanted, found.data.ImageId)
      ? (await readFollowers())(source.templateId).filter((each) => each !== name)
      : undefined;
  return {
    controlPlane,
    refreshes,
    drains,
    ...(wanted !== undefined && { wanted }),
    ...(present !== undefined && { present }),
    ...(behind !== present && behind !== undefined && { behind }),
    ...(found !== undefined && { template: { ...found, ...(codeOwner !== undefined && { codeOwner }) } }),
    ...(followers !== undefined && { followers }),
    ...(template?.kind === 'unreadable' && { unreadable: template.error }),
  };
}

/** Whether the policy names an AMI that the launch template does not name yet. */
const mayNeedVersion = (wanted: WantedReading | undefined, named: string | undefined): boolean =>
  wanted?.kind === 'named' && wanted.candidates.some(({ image }) => image.imageId !== named);
