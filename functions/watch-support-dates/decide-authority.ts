import type { CertificateAuthority } from '@aws-sdk/client-eks';
import { unmanagedGroup } from '../shared/fleet/worker.ts';
import { counted } from '../shared/text/counted.ts';
import { inShell } from '../shared/text/in-shell.ts';
import { listed } from '../shared/text/listed.ts';
import type { Authorities, Launched } from './authorities.ts';
import type { Decision } from './decide.ts';
import { isSigning, type Rotation, rotationOf, type Verdict } from './rotation.ts';

const DAY = 86_400_000;

/** A lasting notice is repeated before the 30 days of the dashboard have passed. */
const AGAIN = 29 * DAY;

/**
 * EKS adds a successor two years before an authority ends. Where there is none in the last half year, people must know.
 */
const LATE = 180 * DAY;

/** A node, with what its user data says. */
export interface JudgedNode extends Launched {
  /** Absent where nobody can tell which user data it was launched with: then its launch time decides. */
  readonly verdict?: Verdict;
}

/** A group whose nodes were ordered to be replaced: by `upgrade-node-groups`, or by `refresh-groups`. */
export interface OrderedGroup {
  readonly cluster: string;
  readonly nodegroup: string;
  /** Whether that should have been done by now. */
  readonly isLate: boolean;
  /** The reason of the last record of that function about it; undefined where there is none. */
  readonly reason: string | undefined;
}

/** What is known of the nodes of a cluster whose authority is rotated. */
export interface Trusting {
  readonly cluster: string;
  /** Nodes of any cluster. */
  readonly nodes: readonly JudgedNode[];
  /** The cluster's groups whose next nodes would not trust the newest authority; undefined where nobody knows. */
  readonly lacking: readonly string[] | undefined;
  readonly takesHybridNodes: boolean;
  /** The cluster's groups whose nodes were ordered to be replaced. */
  readonly ordered: readonly OrderedGroup[];
  /** How long before EKS may activate the successor nodes that do not trust it are due, ms. */
  readonly margin: number;
}

/**
 * Decides about the certificate authorities of a cluster; a pure function. Nodes that were launched before EKS added
 * the newest authority do not trust it, nor do later ones whose user data holds only a former one. They lose the API
 * server once it signs.
 *
 * @param now epoch milliseconds
 * @returns undefined where AWS could not be read just now: the next run reads it again
 */
export function decideAuthority(authorities: Authorities, trusting: Trusting, now: number): Decision | undefined {
  if (authorities.kind === 'gone') return undefined;
  if (authorities.kind === 'unreadable') {
    if (authorities.isThrottled) return undefined;
    const message = `EKS does not tell the certificate authorities of the cluster: ${authorities.error}`;
    return { decision: 'refused', reason: 'authority-unknown', message, variant: authorities.code };
  }
  const rotation = rotationOf(authorities.found);
  if (rotation === undefined) {
    const message = 'EKS does not tell when it added the certificate authority of the cluster.';
    return { decision: 'refused', reason: 'authority-unknown', message, variant: 'no date' };
  }
  const { newest, addedAt, former } = rotation;
  if (former.length === 0) return decideOnly(newest, now);
  const nodes = trusting.nodes.filter(({ cluster }) => cluster === trusting.cluster);
  const left = leftOf(nodes, rotation);
  const before = left.filter(({ launchedAt }) => launchedAt < addedAt);
  const since = left.filter(({ launchedAt }) => launchedAt >= addedAt);
  const { lacking } = trusting;
  if (left.length === 0 && lacking?.length === 0) return complete(rotation, nodes, trusting);
  if (left.length === 0 && lacking === undefined) return undefined;
  const added = `A successor of the cluster's certificate authority was added on ${day(addedAt)}.`;
  const signs = isSigning(newest);
  const activatedFrom = newest.scheduledEvents?.firstAutoActivation?.getTime();
  const due = isDue(rotation, trusting.margin, now);
  const when = signs
    ? 'It signs by now.'
    : activatedFrom === undefined
      ? 'EKS does not tell from when on it may activate it.'
      : `EKS may activate it from ${day(activatedFrom)} on.`;
  const todo = signs ? 'Replace them now.' : 'Replace them before.';
  const ordered = trusting.ordered.map(({ nodegroup }) => nodegroup);
  const refreshed = ordered.filter(isUnmanaged);
  const upgraded = ordered.filter((group) => !isUnmanaged(group));
  const late = trusting.ordered
    .filter(({ isLate }) => isLate)
    .map(({ nodegroup, reason = 'no record' }) => `${nodegroup} (${reason})`);
  const told = [
    before.length > 0 &&
      `${counted(before.length, 'node was', 'nodes were')} launched before that, without trust in it: ${countedGroups(before)}.`,
    since.length > 0 &&
      `${counted(since.length, 'node was', 'nodes were')} launched since with user data that holds only a former one: ${countedGroups(since)}.`,
    left.length > 0 && (signs || activatedFrom !== undefined) && todo,
    left.length === 0 && `Every node trusts it, and the next nodes of ${listed(lacking ?? [])} would not.`,
    upgraded.length > 0 && `upgrade-node-groups was ordered to replace those of ${listed(upgraded)}.`,
    refreshed.length > 0 && `refresh-groups was ordered to replace those of ${listed(refreshed)}.`,
    late.length > 0 && `That is late, and its records say what keeps it: ${listed(late)}.`,
  ].filter((sentence) => sentence !== false);
  return {
    decision: 'refused',
    reason: late.length > 0 ? 'authority-late' : due ? 'authority-due' : 'authority-nodes',
    message: `${added} ${when} ${told.join(' ')}`,
    variant: [newest.id, Math.floor((now - addedAt) / AGAIN), listed(late.length > 0 ? late : ordered)].join(' '),
    ...(due && left.length > 0 && { details: replacementsOf(trusting.cluster, left) }),
  };
}

const isUnmanaged = (group: string): boolean => unmanagedGroup(group) !== undefined;

/** The nodes that do not trust the newest authority. */
export const leftOf = <Node extends JudgedNode>(nodes: readonly Node[], { addedAt }: Rotation): Node[] =>
  nodes.filter(({ launchedAt, verdict }) => launchedAt < addedAt || lacksTrust(verdict));

/** Whether the nodes that are left are due: EKS may activate the newest authority soon, or it signs by now. */
export function isDue({ newest }: Rotation, margin: number, now: number): boolean {
  const activatedFrom = newest.scheduledEvents?.firstAutoActivation?.getTime();
  return isSigning(newest) || (activatedFrom !== undefined && activatedFrom - now <= margin);
}

const lacksTrust = (verdict: Verdict | undefined): boolean => verdict?.kind === 'former' || verdict?.kind === 'strange';

/** Every node that EC2 shows trusts the newest authority, and so will the next ones. */
function complete(
  { newest, addedAt }: Rotation,
  nodes: readonly JudgedNode[],
  { takesHybridNodes }: Trusting,
): Decision {
  const unknown = nodes.filter(({ verdict }) => verdict?.kind === 'unknown');
  const activatedFrom = newest.scheduledEvents?.firstAutoActivation?.getTime();
  const byItself =
    newest.distributionStatus === 'COMPLETE' ? 'EKS has brought it' : 'EKS has not brought it everywhere yet';
  const message = [
    `All ${nodes.length} nodes that EC2 shows were launched after EKS had added the newest certificate authority on ${day(addedAt)}, and no user data that could be read holds only a former one.`,
    isSigning(newest)
      ? 'It signs by now.'
      : activatedFrom !== undefined && `EKS may activate it from ${day(activatedFrom)} on.`,
    `${byItself} to the control plane, EKS Auto Mode and Fargate by itself.`,
    unknown.length > 0 &&
      `The user data of ${counted(unknown.length, 'node')} could not be read, so that only the launch tells: ${countedGroups(unknown)}.`,
    takesHybridNodes &&
      'The cluster takes hybrid nodes, which EC2 does not show: their owner replaces their authority.',
  ].filter((sentence) => typeof sentence === 'string');
  return { decision: 'done', reason: 'authority-complete', message: message.join(' '), variant: newest.id ?? '' };
}

/** How many groups get their command in a record. */
const MOST = 100;

/**
 * The command that replaces the nodes of each group, for people, and the number of groups where not all fit. EKS surely replaces nodes for a newer release or
 * another version of the launch template; whether for the present release is not documented (EKS user guide, "Update a
 * managed node group"). Karpenter replaces nodes whose pool has another annotation, within its budgets (Karpenter
 * documentation, "Disruption", drift).
 */
function replacementsOf(cluster: string, nodes: readonly Launched[]): NonNullable<Decision['details']> {
  const groups = [...new Set(nodes.flatMap(({ nodegroup }) => (nodegroup === '' ? [] : [nodegroup])))].toSorted();
  const replace = Object.fromEntries(groups.slice(0, MOST).map((group) => [group, replacementOf(cluster, group)]));
  return { ...(groups.length > MOST && { groups: groups.length }), replace };
}

function replacementOf(cluster: string, group: string): string {
  const unmanaged = unmanagedGroup(group);
  if (unmanaged?.kind === 'auto-scaling-group') {
    const preferences = '{"SkipMatching":false,"MinHealthyPercentage":100,"MaxHealthyPercentage":110}';
    return `aws autoscaling start-instance-refresh --auto-scaling-group-name ${inShell(unmanaged.name)} --preferences '${preferences}'`;
  }
  if (unmanaged?.kind === 'node-pool') {
    const patch = '{"spec":{"template":{"metadata":{"annotations":{"replaced-for":"certificate-authority"}}}}}';
    return `kubectl patch nodepool ${inShell(unmanaged.name)} --type merge --patch '${patch}'`;
  }
  return `aws eks update-nodegroup-version --cluster-name ${inShell(cluster)} --nodegroup-name ${inShell(group)}`;
}

/** Decides about an authority without a successor. */
function decideOnly({ id, validity }: CertificateAuthority, now: number): Decision {
  const endsAt = validity?.notAfter?.getTime();
  if (endsAt === undefined || endsAt - now > LATE)
    return lasts('The certificate authority of the cluster does not end soon.');
  const message = `The certificate authority of the cluster ends on ${day(endsAt)}, and has no successor.`;
  return {
    decision: 'refused',
    reason: 'authority-ends',
    message,
    variant: `${id} ${Math.floor((endsAt - now) / AGAIN)}`,
  };
}

/** The largest groups of nodes, such as `web (3), self-managed:batch (1)`. */
const countedGroups = (nodes: readonly Launched[]): string =>
  listed(
    [...Map.groupBy(nodes, ({ nodegroup }) => nodegroup || 'no group')]
      .toSorted(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
      .map(([group, { length }]) => `${group} (${length})`),
  );

const lasts = (message: string): Decision => ({
  decision: 'done',
  reason: 'authority-lasts',
  message,
  variant: 'lasts',
});

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
