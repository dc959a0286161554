import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import * as z from 'zod';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { type Identity, identifyWorkers } from '../shared/fleet/identity.ts';
import { describeInstances, filtersOf } from '../shared/fleet/instances.ts';
import { tagsOf } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import { isNodeBy } from '../shared/kubernetes/joined-node.ts';
import { mapsRoleBy } from '../shared/kubernetes/mapped-role.ts';
import type { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { type Ledger, readItems, withReadableItems } from '../shared/ledger/ledger.ts';
import { TERMINATION, terminationOrder } from '../shared/ledger/termination-order.ts';
import { unlessUnread } from '../shared/runtime/aws-error.ts';
import { NEVER_ORDERED, readTerminations, type TerminationState } from './termination-ledger.ts';

/** The part of the ledger item of `quarantine-workers` that a termination rests on. */
const orderedQuarantine = z.object({
  phase: z.string(),
  cluster: z.string(),
  nodegroup: z.string().optional(),
  /** Epoch milliseconds. */
  expiresAt: z.number(),
  termination: terminationOrder.optional(),
  request: z.object({ requestedBy: z.string(), why: z.string() }).optional(),
  approved: z.object({ id: z.string() }).optional(),
  saved: z.object({ terminationProtected: z.boolean().optional() }),
});
export type OrderedQuarantine = z.infer<typeof orderedQuarantine>;

const item = z.object({
  sk: z.string(),
  correlationId: z.string().optional(),
  quarantine: orderedQuarantine.optional(),
});

/** What a reconcile found about one worker. */
export interface Observation {
  readonly instanceId: string;
  readonly trigger: MessageTrigger;
  /** The quarantine, as the ledger has it now. */
  readonly quarantine?: OrderedQuarantine;
  /** Correlation id of the incident that began with the quarantine. */
  readonly correlationId?: string;
  /** The answers to earlier orders. */
  readonly state: TerminationState;
  /** Why AWS did not let the worker be read; absent: it did. */
  readonly unread?: { readonly why: string; readonly mayPass: boolean };
  /** The instance as EC2 describes it now; absent where EC2 shows none. */
  readonly instance?: {
    readonly state: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly spot: boolean;
  };
  /**
   * The proof that the instance is a worker, and its owner; absent where the instance does not even claim to be one.
   */
  readonly identity?: Identity;
}

export interface ObserveClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly openCluster: ReturnType<typeof openClusterBy>;
  readonly ledger: Ledger;
}

/** Reads everything that a termination rests on. Instances without a quarantine in the ledger are left out. */
export async function observe(
  clients: ObserveClients,
  asked: ReadonlyMap<string, MessageTrigger>,
): Promise<Observation[]> {
  const { ledger } = clients;
  const items = await readItems(ledger, 'quarantine', [...asked.keys()], item);
  const ids = items.map(({ sk }) => sk);
  const held = items.filter((each) => each.quarantine !== undefined).map(({ sk }) => sk);
  const [states, reading] = await Promise.all([
    readTerminations(ledger, ids),
    unlessUnread(readInstances(clients, held)),
  ]);
  const { instances, identities } = reading.found ?? NOTHING;
  const unread =
    reading.refused === undefined ? undefined : { why: reading.refused, mayPass: reading.mayPass === true };
  return withReadableItems(ledger, TERMINATION, items, ({ sk }) => sk).flatMap(
    ({ sk: instanceId, quarantine, correlationId }): Observation[] => {
      const trigger = asked.get(instanceId);
      const instance = instances.get(instanceId);
      const identity = identities.get(instanceId);
      if (trigger === undefined) return [];
      return [
        {
          instanceId,
          trigger,
          state: states.get(instanceId) ?? NEVER_ORDERED,
          ...(unread && { unread }),
          ...(quarantine && { quarantine }),
          ...(correlationId !== undefined && { correlationId }),
          ...(identity && { identity }),
          ...(instance && {
            instance: {
              state: instance.State?.Name ?? '',
              tags: tagsOf(instance),
              spot: instance.InstanceLifecycle === 'spot',
            },
          }),
        },
      ];
    },
  );
}

interface Instances {
  readonly instances: ReadonlyMap<string, DescribedInstance>;
  readonly identities: ReadonlyMap<string, Identity>;
}

const NOTHING: Instances = { instances: new Map(), identities: new Map() };

/** Reads the instances, and proves what they are, by id. */
async function readInstances(clients: ObserveClients, ids: readonly string[]): Promise<Instances> {
  const { ec2, eks } = clients;
  const described = await describeInstances(
    ec2,
    filtersOf('instance-id', ids).map((filter) => [filter]),
  );
  const readCluster = createClusterReader(eks, 'tell');
  const openCluster = clients.openCluster(readCluster);
  const proofs = { isNode: isNodeBy(openCluster), mapsRole: mapsRoleBy(openCluster) };
  const identities = await identifyWorkers({ ...clients, ...proofs, onTrouble: 'tell' }, readCluster, described);
  const instances = new Map(described.map((instance) => [instance.InstanceId ?? '', instance]));
  return { instances, identities };
}
