import type { Cluster, EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import type { DescribedInstance } from './described-instance.ts';
import { type ClusterReader, describeNodeGroup, type Reading, type Unreadable } from './fleet.ts';
import { type Facts, factsFrom, type IdentityClients, isClusterName } from './identity-facts.ts';
import type { Owner } from './owners.ts';
import type { OnTrouble } from './reading.ts';
import {
  AUTO_SCALING_GROUP_TAG,
  claimsOf,
  groupOf,
  isBorneOut,
  isNodeGroupName,
  nodeGroupOf,
  tagsOf,
  type Worker,
} from './worker.ts';

/** A worker as it is proven to be, with its owner. Where nothing proves it, the owner says so. */
export interface Identity {
  readonly worker: Worker;
  readonly owner: Owner;
}

/**
 * Proves which cluster and node group instances belong to, by instance id; instances that do not claim to be workers
 * are missing.
 *
 * Tags only say where to look: whoever may call `ec2:CreateTags` can set them on a bastion, a NAT instance or another
 * cluster's host. Proof is what others cannot set:
 * - AWS's own tag `aws:eks:cluster-name`;
 * - membership in an Auto Scaling group that EKS names for the node group;
 * - in the cluster's VPC, an instance role that is the node group's, or that the cluster admits as a node's (an access
 * entry of type `EC2_LINUX` or `EC2_WINDOWS`, or the ConfigMap `aws-auth` where the cluster heeds it);
 * - there, too, a node of the cluster with the instance's provider id, for an instance that has a role.
 *
 * Only the Auto Scaling group decides which managed node group a worker belongs to.
 *
 * Sources: EKS user guide, "Organize resources with tags" (`aws:eks:cluster-name`) and "Create access entries" (types);
 * Auto Scaling user guide, "Tag Auto Scaling groups and instances" (`aws:autoscaling:groupName`); tags that begin with
 * `aws:` can be neither set nor removed (EC2 user guide, "Tag restrictions").
 *
 * Each cluster, node group, instance profile and access entry is read once. Of clusters and node groups that do not exist,
 * some hundreds are asked for: claims beyond them are doubt, unless AWS's own tags bear them out.
 */
export async function identifyWorkers(
  clients: IdentityClients,
  readCluster: ClusterReader,
  instances: readonly DescribedInstance[],
): Promise<Map<string, Identity>> {
  const facts = factsFrom(clients, readCluster);
  const identify = async (instance: DescribedInstance): Promise<Array<[string, Identity]>> => {
    const claims = claimsOf(instance);
    // Every claim is judged, so that an added false claim cannot hide the true one.
    const findings = await pMap(claims, (claim) => judge(facts, instance, claim), { concurrency: READ_CONCURRENCY });
    const best = findings.find(({ verdict }) => verdict === 'proven') ?? findings.toSorted(byDoubt)[0];
    return best === undefined ? [] : [[instance.InstanceId ?? '', best.identity]];
  };
  return new Map((await pMap(instances, identify, { concurrency: READ_CONCURRENCY })).flat());
}

/**
 * Reads the owner of a worker whose cluster and node group are certain, for example since its quarantine began.
 *
 * @param onTrouble what to do with a read of the node group that fails and may pass by itself
 */
export async function readOwner(
  eks: EKSClient,
  readCluster: ClusterReader,
  { cluster, nodegroup }: { readonly cluster: string; readonly nodegroup?: string | undefined },
  onTrouble: OnTrouble = 'throw',
): Promise<Owner> {
  const name = nodegroup !== undefined && isNodeGroupName(nodegroup) ? nodegroup : undefined;
  const [ofCluster, ofGroup] = await Promise.all([
    readCluster(cluster),
    name === undefined ? undefined : describeNodeGroup(eks, { cluster, nodegroup: name }, onTrouble),
  ]);
  const unreadable = [ofCluster, ofGroup].find((reading) => reading?.kind === 'unreadable');
  if (unreadable?.kind === 'unreadable') return { tags: {}, ...unreadIn(unreadable) };
  return ownerOf(ofCluster, ofGroup?.kind === 'found' ? ofGroup.found : undefined);
}

const unreadIn = ({ error, mayPass }: Unreadable): Pick<Owner, 'unreadable' | 'mayBeRead'> => ({
  unreadable: error,
  ...(mayPass === true && { mayBeRead: true }),
});

/** A cluster or node group that no longer exists opts nobody out. */
const ownerOf = (ofCluster: Reading<Cluster>, managed: Nodegroup | undefined): Owner => ({
  tags: { ...(ofCluster.kind === 'found' ? ofCluster.found.tags : {}), ...managed?.tags },
  ...(ofCluster.kind === 'found' && ofCluster.found.tags !== undefined && { clusterTags: ofCluster.found.tags }),
  ...(managed?.subnets !== undefined && { subnets: managed.subnets }),
  ...(managed?.nodeRole !== undefined && { nodeRole: managed.nodeRole }),
  ...(managed !== undefined && { autoScalingGroups: autoScalingGroupsOf(managed) }),
  ...(managed?.nodeRepairConfig?.enabled === true && { repairsNodes: true }),
  ...(managed?.remoteAccess?.ec2SshKey !== undefined && {
    remoteAccess: {
      key: managed.remoteAccess.ec2SshKey,
      sourceGroups: managed.remoteAccess.sourceSecurityGroups ?? [],
    },
  }),
});

interface Finding {
  readonly verdict: 'proven' | 'unreadable' | 'claimed' | 'unknown';
  readonly identity: Identity;
}

const DOUBTS: ReadonlyArray<Finding['verdict']> = ['proven', 'unreadable', 'claimed', 'unknown'];
const byDoubt = (a: Finding, b: Finding): number => DOUBTS.indexOf(a.verdict) - DOUBTS.indexOf(b.verdict);

async function judge(facts: Facts, instance: DescribedInstance, claim: Worker): Promise<Finding> {
  const { cluster } = claim;
  const tags = tagsOf(instance);
  const asked = isClusterName(cluster) ? nodeGroupsToAsk(claim, tags) : [];
  const ofAutoScaling = nodeGroupOf(tags[AUTO_SCALING_GROUP_TAG]);
  const profile = instance.IamInstanceProfile?.Arn;
  // Most workers of no managed node group are proven by their role, whose read need not wait for the cluster's.
  if (asked.length === 0 && needsProof(claim) && isClusterName(cluster) && profile !== undefined) {
    facts.role(profile).catch(() => undefined);
  }
  const [ofCluster, groups] = await Promise.all([
    facts.cluster(cluster, isBorneOut(claim, instance)),
    Promise.all(asked.map((name) => facts.nodeGroup(cluster, name, name === ofAutoScaling))),
  ]);
  const own = groups.find((group) => group.kind === 'found' && hasAutoScalingGroup(group.found, tags));
  const managed = own?.kind === 'found' ? own.found : undefined;
  const worker: Worker = {
    cluster,
    certain: claim.certain,
    ...(claim.ownership === 'auto-mode'
      ? { ownership: 'auto-mode' }
      : managed?.nodegroupName === undefined
        ? groupOf(tags)
        : { ownership: 'managed', nodegroup: managed.nodegroupName }),
  };
  const unreadable = [ofCluster, ...groups].find((reading) => reading.kind === 'unreadable');
  if (unreadable?.kind === 'unreadable') {
    // The claim stands as it is, because nobody can tell better.
    return { verdict: 'unreadable', identity: { worker: claim, owner: { tags: {}, ...unreadIn(unreadable) } } };
  }
  const owner = ownerOf(ofCluster, managed);
  if (!needsProof(claim)) return { verdict: 'proven', identity: { worker, owner } };
  if (ofCluster.kind !== 'found') {
    const notAWorker = `EKS has no cluster ${cluster}: only tags that anybody can set name it.`;
    return { verdict: 'unknown', identity: { worker: claim, owner: { ...owner, notAWorker } } };
  }
  if (managed !== undefined) return { verdict: 'proven', identity: { worker, owner } };
  const proof = await proofOf(facts, instance, ofCluster.found, groups);
  if (proof.kind === 'unreadable') {
    return { verdict: 'unreadable', identity: { worker, owner: { ...owner, ...unreadIn(proof) } } };
  }
  if (proof.kind === 'found') return { verdict: 'proven', identity: { worker, owner } };
  const onlyClaims = `Its tags claim that it is a worker of ${cluster}. Neither its role nor its Auto Scaling group nor a node of the cluster bears that out.${proof.doubt ?? ''}`;
  return { verdict: 'claimed', identity: { worker: claim, owner: { ...owner, onlyClaims } } };
}

/** Whether the claim rests on tags that anybody can set. */
const needsProof = ({ certain, ownership }: Worker): boolean => !certain && ownership !== 'auto-mode';

/** The node groups that an instance may belong to. Tags only say where to look. */
const nodeGroupsToAsk = ({ ownership, nodegroup }: Worker, tags: Readonly<Record<string, string>>): string[] => {
  const named = nodeGroupOf(tags[AUTO_SCALING_GROUP_TAG]);
  const claimed = ownership === 'managed' ? nodegroup : undefined;
  const names = [named, claimed].filter((name) => name !== undefined && isNodeGroupName(name));
  return [...new Set(names)] as string[];
};

export const autoScalingGroupsOf = ({ resources }: Nodegroup): string[] =>
  (resources?.autoScalingGroups ?? []).flatMap(({ name }) => name ?? []);

const hasAutoScalingGroup = (group: Nodegroup, tags: Readonly<Record<string, string>>): boolean =>
  autoScalingGroupsOf(group).includes(tags[AUTO_SCALING_GROUP_TAG] ?? '');

type Proof =
  | { readonly kind: 'found' }
  /** `doubt`: what could not be asked, as a sentence after a blank. */
  | { readonly kind: 'gone'; readonly doubt?: string }
  | Unreadable;

/** What proves a claim, besides tags and Auto Scaling groups. */
async function proofOf(
  facts: Facts,
  instance: DescribedInstance,
  { name: cluster = '', resourcesVpcConfig, accessConfig }: Cluster,
  groups: ReadonlyArray<Reading<Nodegroup>>,
): Promise<Proof> {
  const { IamInstanceProfile, VpcId } = instance;
  const profile = IamInstanceProfile?.Arn;
  let doubt: string | undefined;
  const isInVpc = VpcId !== undefined && VpcId === resourcesVpcConfig?.vpcId;
  // Whoever administers a cluster can make a node object for any instance. A real node is in the VPC of the cluster, and
  // has a role. Sources: EKS user guide, "Manage compute resources by using nodes" (the same VPC as the subnets of the
  // cluster); "Amazon EKS node IAM role" (before a node is launched and registered, it needs one).
  if (!isInVpc || profile === undefined) return { kind: 'gone' };
  const role = await facts.role(profile);
  if (role.kind === 'unreadable') return role;
  if (role.kind === 'found') {
    const isGroups = groups.some((group) => group.kind === 'found' && group.found.nodeRole === role.found);
    if (isGroups) return { kind: 'found' };
    const entry = await facts.entry(cluster, role.found);
    if (entry.kind === 'unreadable') return entry;
    if (entry.kind === 'found' && NODE_TYPES.has(entry.found)) return { kind: 'found' };
    // An access entry of another type takes precedence over the ConfigMap. Source: EKS user guide, "Grant IAM users
    // access to Kubernetes".
    if (entry.kind === 'gone' && accessConfig?.authenticationMode !== 'API') {
      const isMapped = await facts.mapsRole(cluster, role.found);
      if (isMapped === true) return { kind: 'found' };
      if (isMapped === undefined) doubt = unreadMap(accessConfig?.authenticationMode);
    }
  }
  if ((await facts.isNode(cluster, instance)) === true) return { kind: 'found' };
  return { kind: 'gone', ...(doubt !== undefined && { doubt }) };
}

/** A cluster has no access entries in mode CONFIG_MAP. Source: EKS user guide, "Grant IAM users access to Kubernetes". */
const unreadMap = (mode: string | undefined): string => {
  const entry =
    mode === 'CONFIG_MAP'
      ? "switch the cluster's authentication mode to API_AND_CONFIG_MAP and give the role an access entry of type EC2_LINUX"
      : 'give the role an access entry of type EC2_LINUX';
  return ` Whether the ConfigMap aws-auth of the cluster lets its role in cannot be told, since it cannot be read from here: ${entry}, or open the cluster (docs/kubernetes-access.md).`;
};

/** The types of access entries that let instances join as nodes. */
const NODE_TYPES: ReadonlySet<string> = new Set(['EC2_LINUX', 'EC2_WINDOWS']);
