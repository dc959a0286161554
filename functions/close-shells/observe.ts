import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { findWorkers } from '../shared/fleet/find-workers.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import type { Owner } from '../shared/fleet/owners.ts';
import { tagsOf, type Worker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { WorkerScope } from '../shared/intake/worker-batch.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type Invocation, readCommands } from './read-commands.ts';
import { NEVER_SEEN, readStates, type ShellsState } from './shells-ledger.ts';

/** What a reconcile found about one worker, with its state in the ledger. */
export interface Observation {
  readonly instanceId: string;
  readonly worker: Worker;
  readonly trigger: MessageTrigger;
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceState: string;
  readonly isWindows: boolean;
  /** Lifecycle state in its Auto Scaling group, such as `Standby`; absent outside of a group. */
  readonly lifecycleState?: string;
  readonly state: ShellsState;
  /** The command under way; absent where there is none, or where it does not show yet. */
  readonly invocation?: Invocation;
  /** The worker's owner. */
  readonly owner?: Owner;
  readonly request?: OperatorRequest;
}

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** Reads what decisions depend on: a few calls for a thousand workers, and one for each command under way. */
export async function observeWorkers(clients: ObserveClients, scope: WorkerScope): Promise<Observation[]> {
  const found = await findWorkers(clients.ec2, scope);
  const instances = found.map(({ instance }) => instance);
  const [states, identities, lifecycles] = await Promise.all([
    readStates(
      clients.ledger,
      found.map(({ instanceId }) => instanceId),
    ),
    identifyWorkers({ ...clients, onTrouble: 'tell' }, createClusterReader(clients.eks, 'tell'), instances),
    readLifecycleStates(clients.autoScaling, instances),
  ]);
  const commands = new Set([...states.values()].flatMap(({ command }) => command?.id ?? []));
  const invocations = await readCommands(clients.ssm, commands);
  return found.map((each): Observation => {
    const { instanceId, instance, trigger } = each;
    const { worker = each.worker, owner } = identities.get(instanceId) ?? {};
    const state = states.get(instanceId) ?? NEVER_SEEN;
    const request = scope.requests.get(instanceId);
    const lifecycleState = lifecycles.get(instanceId);
    const invocation = state.command && invocations.get(`${state.command.id} ${instanceId}`);
    return {
      instanceId,
      worker,
      trigger: request?.trigger ?? trigger,
      tags: tagsOf(instance),
      instanceState: instance.State?.Name ?? '',
      isWindows: instance.PlatformDetails?.startsWith('Windows') ?? false,
      state,
      ...(owner !== undefined && { owner }),
      ...(lifecycleState !== undefined && { lifecycleState }),
      ...(invocation !== undefined && { invocation }),
      ...(request !== undefined && request.trigger.id !== state.answered && { request }),
    };
  });
}
