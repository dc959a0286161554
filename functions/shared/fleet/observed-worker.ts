import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { MessageTrigger } from '../intake/messages.ts';
import type { OperatorRequest } from '../intake/operator-request.ts';
import type { WorkerScope } from '../intake/worker-batch.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { FoundWorker } from './find-workers.ts';
import type { Identity } from './identity.ts';
import type { Owner } from './owners.ts';
import { tagsOf, type Worker } from './worker.ts';

/** What workers, their owners, and what is remembered of them are read with. */
export interface WorkerClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ledger: Ledger;
}

/** What a reconcile observes of any worker. */
export interface ObservedWorker {
  readonly instanceId: string;
  /** As its identity proves it, where that was read; otherwise as its tags claim it. */
  readonly worker: Worker;
  readonly trigger: MessageTrigger;
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceState: string;
  /**
   * Lifecycle state in its Auto Scaling group, such as `Standby`; read together with the owner, absent outside of a
   * group.
   */
  readonly lifecycleState?: string;
  /** The worker's owner; absent where it was not read. */
  readonly owner?: Owner;
  /** An operator's request that has not been answered yet. */
  readonly request?: OperatorRequest;
}

/** What was read about several workers, by instance id. */
interface About {
  readonly identities: ReadonlyMap<string, Identity>;
  readonly lifecycles: ReadonlyMap<string, string>;
  readonly requests: WorkerScope['requests'];
}

/** @param answered the id of the operator's request that was answered last */
export function observedWorker(
  { instanceId, instance, trigger, ...found }: FoundWorker,
  { identities, lifecycles, requests }: About,
  answered: string | undefined,
): ObservedWorker {
  const { worker = found.worker, owner } = identities.get(instanceId) ?? {};
  const lifecycleState = lifecycles.get(instanceId);
  const request = requests.get(instanceId);
  return {
    instanceId,
    worker,
    trigger: request?.trigger ?? trigger,
    tags: tagsOf(instance),
    instanceState: instance.State?.Name ?? '',
    ...(owner !== undefined && { owner }),
    ...(lifecycleState !== undefined && { lifecycleState }),
    ...(request !== undefined && request.trigger.id !== answered && { request }),
  };
}
