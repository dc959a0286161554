import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import { type FoundWorker, findWorkers } from '../shared/fleet/find-workers.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import type { Owner } from '../shared/fleet/owners.ts';
import { tagsOf, type Worker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { WorkerScope } from '../shared/intake/worker-batch.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type ImdsState, NEVER_SEEN, readStates } from './imds-ledger.ts';

/** What a reconcile observed about one worker, and what the ledger remembers of it. */
export interface Observation {
  readonly instanceId: string;
  readonly worker: Worker;
  readonly trigger: MessageTrigger;
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceState: string;
  /**
   * Lifecycle state in its Auto Scaling group, such as `Standby`; read together with the owner, absent outside of a
   * group.
   */
  readonly lifecycleState?: string;
  /** Whether the metadata service accepts version 1; false when it is off. */
  readonly takesV1: boolean;
  readonly state: ImdsState;
  /** The worker's owner; read only where something may be done. */
  readonly owner?: Owner;
  readonly request?: OperatorRequest;
}

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ledger: Ledger;
}

/**
 * Reads what decisions depend on, with a few calls for a thousand workers. Owners are read only for workers that accept
 * version 1.
 */
export async function observeWorkers(clients: ObserveClients, scope: WorkerScope): Promise<Observation[]> {
  const found = await findWorkers(clients.ec2, scope);
  const states = await readStates(
    clients.ledger,
    found.map(({ instanceId }) => instanceId),
  );
  const concerned = found.filter(
    (each) => takesV1(each) || scope.requests.has(each.instanceId) || states.get(each.instanceId)?.changedAt,
  );
  const instances = concerned.map(({ instance }) => instance);
  const [identities, lifecycles] = await Promise.all([
    identifyWorkers(clients, createClusterReader(clients.eks), instances),
    readLifecycleStates(clients.autoScaling, instances),
  ]);
  return found.map((each): Observation => {
    const { instanceId, instance, trigger } = each;
    const { worker = each.worker, owner } = identities.get(instanceId) ?? {};
    const state = states.get(instanceId) ?? NEVER_SEEN;
    const request = scope.requests.get(instanceId);
    const lifecycleState = lifecycles.get(instanceId);
    return {
      instanceId,
      worker,
      trigger: request?.trigger ?? trigger,
      tags: tagsOf(instance),
      instanceState: instance.State?.Name ?? '',
      takesV1: takesV1(each),
      state,
      ...(owner !== undefined && { owner }),
      ...(lifecycleState !== undefined && { lifecycleState }),
      ...(request !== undefined && request.trigger.id !== state.answered && { request }),
    };
  });
}

/** DescribeInstances returns the effective options; a missing option counts as version 1. */
const takesV1 = ({ instance: { MetadataOptions = {} } }: FoundWorker): boolean =>
  MetadataOptions.HttpEndpoint !== 'disabled' && MetadataOptions.HttpTokens !== 'required';
