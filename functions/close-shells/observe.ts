import type { SSMClient } from '@aws-sdk/client-ssm';
import { findWorkers } from '../shared/fleet/find-workers.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import { type ObservedWorker, observedWorker, type WorkerClients } from '../shared/fleet/observed-worker.ts';
import type { WorkerScope } from '../shared/intake/worker-batch.ts';
import { type Invocation, readCommands } from './read-commands.ts';
import { NEVER_SEEN, readStates, type ShellsState } from './shells-ledger.ts';

/** What a reconcile found about one worker, with its state in the ledger. */
export interface Observation extends ObservedWorker {
  readonly isWindows: boolean;
  readonly state: ShellsState;
  /** The command under way; absent where there is none, or where it does not show yet. */
  readonly invocation?: Invocation;
}

export interface ObserveClients extends WorkerClients {
  readonly ssm: SSMClient;
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
  const about = { identities, lifecycles, requests: scope.requests };
  return found.map((each): Observation => {
    const { instanceId, instance } = each;
    const state = states.get(instanceId) ?? NEVER_SEEN;
    const invocation = state.command && invocations.get(`${state.command.id} ${instanceId}`);
    return {
      ...observedWorker(each, about, state.answered),
      isWindows: instance.PlatformDetails?.startsWith('Windows') ?? false,
      state,
      ...(invocation !== undefined && { invocation }),
    };
  });
}
