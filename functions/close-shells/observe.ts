import type { SSMClient } from '@aws-sdk/client-ssm';
import { findWorkers } from '../shared/fleet/find-workers.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { identifyWorkers } from '../shared/fleet/identity.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import { type ObservedWorker, observedWorker, type WorkerClients } from '../shared/fleet/observed-worker.ts';
import { hostOf, readSessions } from '../shared/fleet/session-channels.ts';
import type { Location } from '../shared/iam/location.ts';
import type { WorkerScope } from '../shared/intake/worker-batch.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { type Memory, memoryAfter } from './memory.ts';
import { readCommands } from './read-commands.ts';
import { readSessionTroubles, type SessionTrouble } from './session-key.ts';
import { NEVER_SEEN, PK, readStates, type ShellsState } from './shells-ledger.ts';

/** What a reconcile found about one worker, with its state in the ledger. */
export interface Observation extends ObservedWorker {
  readonly isWindows: boolean;
  readonly state: ShellsState;
  /** What is known of the host, with the result of the command that was under way. */
  readonly memory: Memory;
  /** Why AWS lets nobody read the result of the command that is under way; absent: it can be read, or there is none. */
  readonly unread?: string;
  /** Whether Session Manager reaches the host; undefined where nothing lets anybody in, or where AWS could not be asked. */
  readonly hasSession: boolean | undefined;
  /** Why no session may begin all the same. */
  readonly sessionTrouble?: SessionTrouble;
}

export interface ObserveClients extends WorkerClients {
  readonly ssm: SSMClient;
}

/**
 * Reads what decisions depend on: a few calls for a thousand workers, one for each command under way, and one or a few
 * for hosts that are alike and let somebody in.
 *
 * @param location where the hosts are
 * @param now epoch milliseconds
 */
export async function observeWorkers(
  clients: ObserveClients,
  location: Location,
  scope: WorkerScope,
  now: number,
): Promise<Observation[]> {
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
  const commanded = [...states].flatMap(([instanceId, { command }]) =>
    command ? [{ instanceId, id: command.id }] : [],
  );
  const commands = Map.groupBy(commanded, ({ id }) => id);
  const invocations = await readCommands(
    clients.ssm,
    new Map([...commands].map(([id, ofCommand]) => [id, ofCommand.map(({ instanceId }) => instanceId)])),
  );
  const known = new Map(
    found.map(({ instanceId }) => {
      const state = states.get(instanceId) ?? NEVER_SEEN;
      const invocation = state.command && invocations.get(`${state.command.id} ${instanceId}`);
      const unread = invocation?.kind === 'unread' ? { unread: invocation.why } : {};
      return [instanceId, { state, memory: memoryAfter(state, invocation, now), ...unread }];
    }),
  );
  const open = found.filter(({ instanceId }) => known.get(instanceId)?.memory.seen?.ways !== undefined);
  const sessions = await readSessions(clients.ssm, open.map(hostOf('SubnetId')));
  const reached = open.filter(({ instanceId }) => sessions.get(instanceId) === true);
  const troubles = await readSessionTroubles(clients, location, reached);
  const about = { identities, lifecycles, requests: scope.requests };
  const readable = withReadableItems(clients.ledger, PK, found, ({ instanceId }) => instanceId);
  return readable.map((each): Observation => {
    const { instanceId, instance } = each;
    const { state = NEVER_SEEN, memory = {}, unread } = known.get(instanceId) ?? {};
    const sessionTrouble = troubles.get(instanceId);
    return {
      ...observedWorker(each, about, state.answered),
      isWindows: instance.PlatformDetails?.startsWith('Windows') ?? false,
      state,
      memory,
      ...(unread !== undefined && { unread }),
      hasSession: sessions.get(instanceId),
      ...(sessionTrouble !== undefined && { sessionTrouble }),
    };
  });
}
