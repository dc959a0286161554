import { type FoundWorker, findWorkers } from '../shared/fleet/find-workers.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { type Identities, identifyEach, withoutUnread } from '../shared/fleet/identify-each.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import { type ObservedWorker, observedWorker, type WorkerClients } from '../shared/fleet/observed-worker.ts';
import type { WorkerScope } from '../shared/intake/worker-batch.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { type ImdsState, NEVER_SEEN, PK, readStates } from './imds-ledger.ts';

/**
 * What a reconcile observed about one worker, and what the ledger remembers of it. The owner is read only where
 * something may be done.
 */
export interface Observation extends ObservedWorker {
  /** Whether the metadata service accepts version 1; false when it is off. */
  readonly takesV1: boolean;
  /** Whether the metadata service is off. */
  readonly isOff: boolean;
  /** How many hops an answer with a token of version 2 may make; undefined where EC2 does not tell. */
  readonly hopLimit?: number | undefined;
  /** The AWS service that operates the instance: EC2 lets nobody else change it. */
  readonly operatedBy?: string;
  readonly state: ImdsState;
}

/** What one reconcile observes, and whose owners cannot be read for now. Of these, only those are left out that may pass. */
interface Observed extends Pick<Identities, 'unread'> {
  readonly observations: readonly Observation[];
}

/**
 * Reads what decisions depend on, with a few calls for a thousand workers. Owners are read only for workers that accept
 * version 1.
 */
export async function observeWorkers(clients: WorkerClients, scope: WorkerScope): Promise<Observed> {
  const all = await findWorkers(clients.ec2, scope);
  const states = await readStates(
    clients.ledger,
    all.map(({ instanceId }) => instanceId),
  );
  const found = withReadableItems(clients.ledger, PK, all, ({ instanceId }) => instanceId);
  const concerned = found.filter(
    (each) => takesV1(each) || scope.requests.has(each.instanceId) || states.get(each.instanceId)?.changedAt,
  );
  const instances = concerned.map(({ instance }) => instance);
  const [{ identities, unread }, lifecycles] = await Promise.all([
    identifyEach(clients, createClusterReader(clients.eks, 'tell'), instances),
    readLifecycleStates(clients.autoScaling, instances),
  ]);
  const about = { identities, lifecycles, requests: scope.requests };
  const observations = withoutUnread(found, unread).map((each): Observation => {
    const state = states.get(each.instanceId) ?? NEVER_SEEN;
    const hopLimit = each.instance.MetadataOptions?.HttpPutResponseHopLimit;
    const metadata = { takesV1: takesV1(each), isOff: isOff(each), hopLimit };
    const { Operator } = each.instance;
    return {
      ...observedWorker(each, about, state.answered),
      ...metadata,
      ...(Operator?.Managed === true && { operatedBy: Operator.Principal ?? 'an AWS service' }),
      state,
    };
  });
  return { observations, unread };
}

/** DescribeInstances returns the effective options; a missing option counts as version 1. */
const takesV1 = (worker: FoundWorker): boolean =>
  !isOff(worker) && worker.instance.MetadataOptions?.HttpTokens !== 'required';

const isOff = ({ instance: { MetadataOptions } }: FoundWorker): boolean => MetadataOptions?.HttpEndpoint === 'disabled';
