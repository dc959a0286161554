import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import { GetCommandInvocationCommand, InvocationDoesNotExist, type SSMClient } from '@aws-sdk/client-ssm';
import { describeClusterInstances } from '../shared/fleet/cluster-instances.ts';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { type ClusterReader, createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { RUNNING } from '../shared/fleet/instances.ts';
import { readLifecycleStates, whyNotServing } from '../shared/fleet/lifecycle.ts';
import { isProven } from '../shared/fleet/owners.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import { refusalOf } from '../shared/runtime/aws-error.ts';
import { chooseAnswering } from './choose-answering.ts';
import type { RemoteAccess } from './host/instance-facts.ts';
import type { Access } from './host/observe-pods.ts';
import type { Sample } from './posture-ledger.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
}

type Candidate = Worker & { readonly nodegroup: string; readonly instance: DescribedInstance };

/** The limits of a choice of workers. */
export interface Wanted {
  /** The number of workers for each group and AMI. */
  readonly size: number | 'all';
  /** Limits the choice to these groups; absent: all groups. */
  readonly nodegroups?: readonly string[];
  /** Ids of workers that failed before. All of these are looked at, besides the sample, so that what failed on them can end. */
  readonly failed: ReadonlySet<string>;
}

/** The workers of a cluster that are checked. */
export interface Chosen {
  readonly samples: Sample[];
  /** The names of all groups with proven workers. */
  readonly groups: string[];
  /** The endpoint of the cluster's Kubernetes API; undefined where EKS did not return it. */
  readonly access?: Access;
  /** How EKS gives remote access to each group; `none` for a group that EKS does not manage. */
  readonly remoteAccess: Readonly<Record<string, RemoteAccess>>;
  /** Why AWS does not return other groups, by name: `Code: message`. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * Chooses the workers of a cluster that are checked: for each group and AMI those that failed before, and the oldest that
 * answer, because they have had the most time to change. Windows is left out because the benchmark does not cover it, and
 * so are workers that AWS manages. A group whose workers AWS does not name is reported, and holds up no other group.
 */
export async function chooseSamples(
  { autoScaling, ec2, eks, ssm }: ObserveClients,
  cluster: string,
  { size, nodegroups, failed }: Wanted,
): Promise<Chosen> {
  const found = await describeClusterInstances(ec2, [cluster], { states: RUNNING, operated: false });
  const claiming = found.flatMap((instance) => candidateOf(instance, cluster));
  const instances = claiming.map(({ instance }) => instance);
  const readCluster = createClusterReader(eks, 'tell');
  const [identities, lifecycles] = await Promise.all([
    identifyWorkers({ eks, onTrouble: 'tell' }, readCluster, instances),
    readLifecycleStates(autoScaling, instances),
  ]);
  // A worker counts for the group that it is proven to be of: whoever may set tags could take it out of its group.
  const claimed = claiming.flatMap(({ instance, ...claim }): Candidate[] => {
    const { nodegroup = claim.nodegroup } = identities.get(instance.InstanceId ?? '')?.worker ?? {};
    return nodegroups === undefined || nodegroups.includes(nodegroup) ? [{ ...claim, nodegroup, instance }] : [];
  });
  // The sample of a group consists of its proven workers. An instance that only claims to be one takes nobody's place.
  const candidates = claimed.filter((candidate) => {
    const { worker, owner } = identities.get(candidate.instance.InstanceId ?? '') ?? {};
    const isMember = worker?.nodegroup === candidate.nodegroup && isProven(owner);
    // A worker in quarantine or in standby says nothing about the other workers of its group.
    const lifecycleState = lifecycles.get(candidate.instance.InstanceId ?? '');
    const serves = whyNotServing(tagsOf(candidate.instance), lifecycleState) === undefined;
    return isMember && serves && owner?.unreadable === undefined && !isOptedOut(owner?.tags ?? {});
  });
  const chosen = await chooseAnswering(ssm, candidates, {
    failed,
    most: size === 'all' ? Number.POSITIVE_INFINITY : size,
  });
  const silent = candidates.filter((one) => !chosen.some(({ nodegroup }) => nodegroup === one.nodegroup));
  const samples = chosen.map(({ nodegroup, instance }) => ({
    instanceId: instance.InstanceId ?? '',
    nodegroup,
  }));
  const ours = new Set([...chosen, ...silent].map(({ nodegroup }) => nodegroup));
  const unreadable = claimed.flatMap(({ nodegroup, instance }): Array<[string, string]> => {
    const error = identities.get(instance.InstanceId ?? '')?.owner.unreadable;
    return error === undefined || ours.has(nodegroup) ? [] : [[nodegroup, error]];
  });
  const remoteAccess = Object.fromEntries(
    chosen.map(({ nodegroup, instance }): [string, RemoteAccess] => [
      nodegroup,
      identities.get(instance.InstanceId ?? '')?.owner.remoteAccess ?? 'none',
    ]),
  );
  // The owners' reads have cached the cluster, so this makes no call.
  const access = samples.length === 0 ? undefined : accessIn(await readCluster(cluster));
  return {
    samples,
    groups: [...ours],
    ...(access !== undefined && { access }),
    remoteAccess,
    unreadable: new Map(unreadable),
  };
}

function accessIn(reading: Awaited<ReturnType<ClusterReader>>): Access | undefined {
  if (reading.kind !== 'found') return undefined;
  const { endpoint, certificateAuthority } = reading.found;
  const authority = certificateAuthority?.data;
  return endpoint === undefined || authority === undefined ? undefined : { endpoint, certificateAuthority: authority };
}

function candidateOf(instance: DescribedInstance, cluster: string): Candidate[] {
  const worker = workerOf(instance);
  if (worker?.nodegroup === undefined || worker.cluster !== cluster || worker.ownership === 'auto-mode') return [];
  if (instance.PlatformDetails?.startsWith('Windows') || isOptedOut(tagsOf(instance))) return [];
  return [{ ...worker, nodegroup: worker.nodegroup, instance }];
}

/** The result of a command on a worker. */
export type Gathered =
  /** `status`: the details of it, as Systems Manager gives them; undefined where it tells nothing of the command. */
  | { readonly kind: 'running'; readonly status?: string | undefined }
  /** `status`: likewise; undefined where no command was sent. */
  | { readonly kind: 'ended'; readonly output: string | undefined; readonly status?: string | undefined }
  /** Systems Manager lets nobody read it, for this reason. */
  | { readonly kind: 'unread'; readonly refused: string; readonly status?: undefined };

const UNDER_WAY = new Set<string | undefined>(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/** Reads one worker's output. ListCommandInvocations would cut it at 2,500 characters (MaximumPluginOutputSize). */
export async function readOutput(ssm: SSMClient, { instanceId, commandId }: Sample): Promise<Gathered> {
  if (commandId === undefined) return { kind: 'ended', output: undefined };
  try {
    const {
      Status,
      StatusDetails: status = Status,
      StandardOutputContent,
    } = await ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
    if (UNDER_WAY.has(Status)) return { kind: 'running', status };
    return { kind: 'ended', output: Status === 'Success' ? (StandardOutputContent ?? '') : undefined, status };
  } catch (error) {
    // The invocation does not show yet, a moment after it was sent, or not any more, after thirty days.
    if (error instanceof InvocationDoesNotExist) return { kind: 'running' };
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return { kind: 'unread', refused };
  }
}
