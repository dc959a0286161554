import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import { GetCommandInvocationCommand, InvocationDoesNotExist, type SSMClient } from '@aws-sdk/client-ssm';
import { readAnsweringAgents } from '../shared/fleet/answering-agents.ts';
import { type ClusterReader, createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { describeInstances, filtersByCluster } from '../shared/fleet/instances.ts';
import { readLifecycleStates, whyNotServing } from '../shared/fleet/lifecycle.ts';
import { isProven } from '../shared/fleet/owners.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import type { RemoteAccess } from './host/instance-facts.ts';
import type { Access } from './host/observe-pods.ts';
import type { Sample } from './posture-ledger.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
}

/** Of a group and AMI so many more are asked for than are wanted, in case that some do not answer. */
const SPARE = 2;

type Candidate = Worker & { readonly nodegroup: string; readonly instance: Instance };

/** Which workers are to be chosen. */
export interface Wanted {
  /** How many of each group and AMI. */
  readonly size: number | 'all';
  /** Of these groups only; absent: of all. */
  readonly nodegroups?: readonly string[];
}

/** Which workers of a cluster are looked at. */
export interface Chosen {
  readonly samples: Sample[];
  /** All groups with workers that are ours, by name. */
  readonly groups: string[];
  /** How the cluster's Kubernetes API is reached; undefined where EKS did not tell. */
  readonly access?: Access;
  /** How EKS lets somebody in to each group; a group that EKS does not manage by nothing. */
  readonly remoteAccess: Readonly<Record<string, RemoteAccess>>;
  /** Why AWS does not tell of others, by name: `Code: message`. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * Chooses the workers of a cluster that are looked at: of each group and AMI the oldest that answer. The oldest have had
 * the most time to change. Windows is left out, which the benchmark does not cover, and so is what AWS manages itself. A group
 * of which AWS does not tell whose its workers are is named, and holds up no other one.
 */
export async function chooseSamples(
  { autoScaling, ec2, eks, ssm }: ObserveClients,
  cluster: string,
  { size, nodegroups }: Wanted,
): Promise<Chosen> {
  const found = await describeInstances(
    ec2,
    filtersByCluster([cluster]).map((filter) => [filter, { Name: 'instance-state-name', Values: ['running'] }]),
  );
  const distinct = new Map(found.map((instance) => [instance.InstanceId ?? '', instance]));
  const claimed = [...distinct.values()]
    .flatMap((instance) => candidateOf(instance, cluster))
    .filter(({ nodegroup }) => nodegroups === undefined || nodegroups.includes(nodegroup));
  const instances = claimed.map(({ instance }) => instance);
  const readCluster = createClusterReader(eks, 'tell');
  const [identities, lifecycles] = await Promise.all([
    identifyWorkers({ eks, onTrouble: 'tell' }, readCluster, instances),
    readLifecycleStates(autoScaling, instances),
  ]);
  // The sample of a group is of its own workers: what only claims to be one takes nobody's place, and speaks for nobody.
  const candidates = claimed.filter((candidate) => {
    const { worker, owner } = identities.get(candidate.instance.InstanceId ?? '') ?? {};
    const isMember = worker?.nodegroup === candidate.nodegroup && isProven(owner);
    // What serves no more, in quarantine or in standby, says nothing of how the others of its group are set up.
    const lifecycleState = lifecycles.get(candidate.instance.InstanceId ?? '');
    const serves = whyNotServing(tagsOf(candidate.instance), lifecycleState) === undefined;
    return isMember && serves && owner?.unreadable === undefined && !isOptedOut(owner?.tags ?? {});
  });
  const pools = Map.groupBy(candidates, ({ nodegroup, instance }) => `${nodegroup} ${instance.ImageId}`);
  const most = size === 'all' ? Number.POSITIVE_INFINITY : size;
  const asked = [...pools.values()].flatMap((pool) => pool.toSorted(byAge).slice(0, most + SPARE));
  const answering = await readAnsweringAgents(
    ssm,
    asked.map(({ instance }) => instance.InstanceId ?? ''),
  );
  const chosen = [
    ...Map.groupBy(asked, ({ nodegroup, instance }) => `${nodegroup} ${instance.ImageId}`).values(),
  ].flatMap((pool) =>
    pool.filter(({ instance }) => answering.get(instance.InstanceId ?? '') === 'Linux').slice(0, most),
  );
  const silent = asked.filter((one) => !chosen.some(({ nodegroup }) => nodegroup === one.nodegroup));
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
  // It was read for the owners: this is no call.
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

function candidateOf(instance: Instance, cluster: string): Candidate[] {
  const worker = workerOf(instance);
  if (worker?.nodegroup === undefined || worker.cluster !== cluster || worker.ownership === 'auto-mode') return [];
  if (instance.PlatformDetails?.startsWith('Windows') || isOptedOut(tagsOf(instance))) return [];
  return [{ ...worker, nodegroup: worker.nodegroup, instance }];
}

const byAge = (a: Candidate, b: Candidate): number =>
  Number(a.instance.LaunchTime ?? 0) - Number(b.instance.LaunchTime ?? 0) ||
  ((a.instance.InstanceId ?? '') < (b.instance.InstanceId ?? '') ? -1 : 1);

/** What a command came to on a worker. */
export type Gathered = { readonly kind: 'running' } | { readonly kind: 'ended'; readonly output: string | undefined };

const RUNNING = new Set<string | undefined>(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/** ListCommandInvocations would give 2,500 characters only (MaximumPluginOutputSize): each worker takes a call. */
export async function readOutput(ssm: SSMClient, { instanceId, commandId }: Sample): Promise<Gathered> {
  if (commandId === undefined) return { kind: 'ended', output: undefined };
  try {
    const { Status, StandardOutputContent } = await ssm.send(
      new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }),
    );
    if (RUNNING.has(Status)) return { kind: 'running' };
    return { kind: 'ended', output: Status === 'Success' ? StandardOutputContent : undefined };
  } catch (error) {
    // Not there yet, a moment after the command was sent; or not any more, after thirty days.
    if (error instanceof InvocationDoesNotExist) return { kind: 'running' };
    throw error;
  }
}
