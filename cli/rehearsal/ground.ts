import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { Cluster, EKSClient, Nodegroup } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';
import pMap from 'p-map';
import { describeClusterInstances } from '../../functions/shared/fleet/cluster-instances.ts';
import { createClusterReader, describeNodeGroup, listNodeGroups } from '../../functions/shared/fleet/fleet.ts';
import { type Identity, identifyWorkers } from '../../functions/shared/fleet/identity.ts';
import { EXISTING } from '../../functions/shared/fleet/instances.ts';
import { UsageError } from '../usage-error.ts';

export interface RehearsalClients {
  readonly sts: STSClient;
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly inspector: Inspector2Client;
  readonly scheduler: SchedulerClient;
  readonly securityHub: SecurityHubClient;
}

/** The result of a check: AWS has answered, nothing shows it yet, or something is wrong. */
export interface Finding {
  readonly kind: 'answered' | 'open' | 'trouble';
  readonly text: string;
}

export const answered = (text: string): Finding => ({ kind: 'answered', text });
export const open = (text: string): Finding => ({ kind: 'open', text });
export const trouble = (text: string): Finding => ({ kind: 'trouble', text });

/** One cluster with everything that was read of it up front. */
export interface Ground {
  readonly clients: RehearsalClients;
  readonly region: string;
  readonly cluster: Cluster;
  readonly groups: readonly Nodegroup[];
  /** What of the node groups could not be read, and why. */
  readonly unread: readonly string[];
  /** The instances whose tags claim that they are workers of the cluster. */
  readonly instances: readonly Instance[];
  /** Why its instances could not be read; then there are none in `instances`. */
  readonly unreadInstances?: string;
  readonly identities: ReadonlyMap<string, Identity>;
  readonly now: () => number;
}

/**
 * Reads a cluster, its node groups and its workers.
 * @throws UsageError where the cluster does not exist or cannot be read
 */
export async function readGround(
  clients: RehearsalClients,
  name: string,
  region: string,
  now: () => number,
): Promise<Ground> {
  const readCluster = createClusterReader(clients.eks, 'tell');
  const known = await readCluster(name);
  if (known.kind === 'unreadable') throw new UsageError(`--cluster: ${name} cannot be read: ${known.error}`);
  if (known.kind === 'gone') {
    throw new UsageError(`--cluster: there is no EKS cluster ${name} in ${region} for these credentials`);
  }
  const { nodeGroups, unreadable } = await listNodeGroups(clients.eks, [name]);
  const readings = await pMap(
    nodeGroups,
    async (key) => ({ key, reading: await describeNodeGroup(clients.eks, key, 'tell') }),
    { concurrency: 4 },
  );
  const read = await outcomeOf(() =>
    describeClusterInstances(clients.ec2, [name], { states: EXISTING, operated: true }),
  );
  const instances = 'answer' in read ? read.answer : [];
  const identities = await identifyWorkers(
    { eks: clients.eks, iam: clients.iam, onTrouble: 'tell' },
    readCluster,
    instances,
  );
  return {
    clients,
    region,
    cluster: known.found,
    groups: readings.flatMap(({ reading }) => (reading.kind === 'found' ? [reading.found] : [])),
    unread: [
      ...[...unreadable.values()].map(({ error }) => `which node groups it has cannot be read: ${error}`),
      ...readings.flatMap(({ key, reading }) =>
        reading.kind === 'unreadable' ? [`${key.nodegroup}: ${reading.error}`] : [],
      ),
    ],
    instances: instances.filter(({ InstanceId = '' }) => identities.get(InstanceId)?.worker.cluster === name),
    ...(!('answer' in read) && { unreadInstances: `${read.name}: ${read.why}` }),
    identities,
    now,
  };
}

/** A failed call: the name and message of its error, and whether AWS was reached. */
export interface Failed {
  readonly name: string;
  readonly why: string;
  readonly reached: boolean;
}

/** The result of a call: its answer, or how it failed. */
export async function outcomeOf<T>(call: () => Promise<T>): Promise<{ readonly answer: T } | Failed> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const name = error.name === 'Error' && 'code' in error ? String(error.code) : error.name;
    return { name, why: error.message, reached: '$metadata' in error };
  }
}

/**
 * A failed call as a finding.
 * @param what the call was for, at the beginning of a sentence
 */
export const failedTo = (what: string, { name, why }: Failed): Finding => trouble(`${what}: ${name}: ${why}`);

/**
 * Runs a change with `--dry-run`, which changes nothing. Source: EC2 API reference, "DryRun": `DryRunOperation` where
 * the caller has the right, `UnauthorizedOperation` where not.
 */
export async function dryRun(what: string, call: () => Promise<unknown>): Promise<Finding> {
  const outcome = await outcomeOf(call);
  if ('answer' in outcome) return trouble(`${what}: EC2 took the call in spite of --dry-run`);
  if (outcome.name === 'DryRunOperation') return answered(`${what}: these credentials may`);
  if (outcome.name === 'UnauthorizedOperation') return trouble(`${what}: these credentials may not (${outcome.why})`);
  return open(`${what}: ${outcome.name}: ${outcome.why}`);
}
