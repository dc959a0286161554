import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import type { Host } from '../shared/fleet/hosts.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { isBorneOut, type Owner, tagsOf, workerOf } from '../shared/fleet/worker.ts';
import type { OtherNode, OtherNodeKind } from '../shared/kubernetes/other-nodes.ts';
import { iso } from '../shared/runtime/clock.ts';

/** Who owns hosts: who owns an instance, or AWS or its owner where a host is none. */
export type HostKind = Owner | OtherNodeKind;

/** What the hosts of one group run. */
export interface HostGroup {
  readonly cluster: string;
  /** Who owns the hosts. */
  readonly kind: HostKind;
  /**
   * Absent for strays, the nodes of EKS Auto Mode and of Fargate, and hybrid ones, of which a cluster has one group
   * each.
   */
  readonly nodegroup?: string;
  readonly hosts: number;
  /** Each different thing that the hosts run, as a phrase, sorted. The same hosts always give the same phrases. */
  readonly runs: readonly string[];
  /** The names of AMIs that are deprecated by now. */
  readonly deprecated: readonly string[];
  /** The names of AMIs that the account does not allow any more. */
  readonly notAllowed: readonly string[];
  /** The AMIs that their owner has withdrawn, each with how, such as `golden-1 (deregistered)`. */
  readonly withdrawn: readonly string[];
  /** How many hosts have each operating system. A system that nobody tells is missing. */
  readonly systems: ReadonlyMap<string, number>;
}

/** The key of a group within the ledger. An asterisk cannot be in the name of a node group. */
export const keyOf = ({ cluster, kind, nodegroup }: Pick<HostGroup, 'cluster' | 'kind' | 'nodegroup'>): string =>
  `${cluster}/${nodegroup ?? `*${kind}`}`;

/** A host with the group that it belongs to. */
export interface Member {
  readonly instanceId: string;
  readonly cluster: string;
  readonly kind: Owner;
  readonly nodegroup?: string;
  readonly host: Host;
}

/**
 * The group that a host is told with; undefined where it is left out. An instance that only claims to be a worker of a
 * group has not joined yet, or is none. Tags alone make a stray, which is only told.
 */
export function memberOf(instance: DescribedInstance, host: Host | undefined): Member | undefined {
  const worker = workerOf(instance);
  const { owner: kind } = host ?? {};
  if (host === undefined || worker === undefined || kind === undefined || isOptedOut(tagsOf(instance)))
    return undefined;
  if (kind !== 'stray' && !isBorneOut(worker, instance)) return undefined;
  // Just after a launch EC2 may not know the AMI of an instance yet. It never tells that of EKS Auto Mode.
  if (kind !== 'auto-mode' && host.isDeprecated === undefined) return undefined;
  const { cluster, nodegroup } = worker;
  const isOfGroup = nodegroup !== undefined && kind !== 'stray' && kind !== 'auto-mode';
  return { instanceId: instance.InstanceId ?? '', cluster, kind, host, ...(isOfGroup && { nodegroup }) };
}

/** The groups of the hosts, by {@link keyOf}. */
export const groupsOf = (members: readonly Member[]): Map<string, HostGroup> =>
  new Map([...Map.groupBy(members, keyOf)].map(([key, same]) => [key, groupOf(same)]));

function groupOf(members: readonly Member[]): HostGroup {
  const [{ cluster, kind, nodegroup } = NOBODY] = members;
  const hosts = members.map(({ host }) => host);
  const namesOf = (speaks: (host: Host) => boolean): string[] => sorted(hosts.filter(speaks).map(nameOf));
  const systems = Map.groupBy(hosts, ({ system }) => system.os);
  return {
    cluster,
    kind,
    ...(nodegroup !== undefined && { nodegroup }),
    hosts: hosts.length,
    runs: sorted(members.map((member) => (kind === 'stray' ? strayOf(member) : phraseOf(member.host)))),
    deprecated: namesOf(({ isDeprecated }) => isDeprecated === true),
    notAllowed: namesOf(({ isAllowed }) => isAllowed === false),
    withdrawn: sorted(hosts.flatMap((host) => (host.withdrawn ? `${nameOf(host)} (${host.withdrawn})` : []))),
    systems: new Map([...systems].flatMap(([os, same]) => (os === '' ? [] : [[os, same.length]]))),
  };
}

const NOBODY: Pick<Member, 'cluster' | 'kind' | 'nodegroup'> = { cluster: '', kind: 'stray' };

const nameOf = ({ name, imageId }: Host): string => name || imageId;

/** An AMI in a phrase, such as `amazon-eks-node-…-v20260714 (Amazon Linux 2023, made on 2026-07-14)`. */
function phraseOf(host: Host): string {
  const { system, createdAt, isDeprecated, isAllowed, withdrawn } = host;
  const known = [
    ...(system.os === '' ? [] : [system.os]),
    ...(system.containerOptimized === true ? ['made for containers alone'] : []),
    ...(createdAt === undefined ? [] : [`made on ${iso(createdAt).slice(0, 10)}`]),
    ...(withdrawn === undefined ? [] : [withdrawn]),
    ...(isDeprecated === true ? ['deprecated'] : []),
    ...(isAllowed === false ? ['not allowed'] : []),
  ].join(', ');
  return known === '' ? nameOf(host) : `${nameOf(host)} (${known})`;
}

/** A stray in words. Each one is named, because nobody replaces it. */
const strayOf = ({ instanceId, host }: Member): string => `${instanceId} with ${phraseOf(host)}`;

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

/** The groups of nodes that are no EC2 instances, by {@link keyOf}. Of these, the API server tells system and kubelet. */
export function otherGroupsOf(cluster: string, nodes: readonly OtherNode[]): Map<string, HostGroup> {
  const groups = [...Map.groupBy(nodes, ({ kind }) => kind)].map(([kind, same]): HostGroup => {
    const systems = Map.groupBy(same, ({ osImage }) => osImage);
    return {
      cluster,
      kind,
      hosts: same.length,
      runs: sorted(same.map(({ osImage, kubeletVersion }) => `${osImage} with kubelet ${kubeletVersion}`)),
      deprecated: [],
      notAllowed: [],
      withdrawn: [],
      systems: new Map([...systems].flatMap(([os, of]) => (os === '' ? [] : [[os, of.length]]))),
    };
  });
  return new Map(groups.map((group) => [keyOf(group), group]));
}
