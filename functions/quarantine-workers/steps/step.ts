import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Owner } from '../../shared/fleet/owners.ts';
import type { KubernetesClient } from '../../shared/kubernetes/client.ts';
import type { NotOpened } from '../../shared/kubernetes/open-cluster.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { sortOrThrow } from '../../shared/runtime/aws-error.ts';
import { isBusy, isUnknownYet } from '../model/aws-refusal.ts';
import type { WorkerView } from '../model/observation.ts';
import type { Quarantine, SavedTarget } from '../model/quarantine-ledger.ts';
import type { Policy } from '../policy.ts';

/** The outcome of a step: nothing was left to do, it was done, it is unfinished, it was left out, or it was refused. */
export interface StepReport {
  readonly step: string;
  readonly outcome: 'done' | 'pending' | 'skipped' | 'failed';
  readonly note?: string;
  /** AWS did not do it for now, and the note says with which error. */
  readonly isTroubled?: true;
}

/** The clients and readers of the steps. */
export interface StepClients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  /** The targets that a worker is registered as, by its id or by one of its addresses. */
  readonly targetsOf: (instanceId: string, view: Pick<WorkerView, 'vpcId' | 'interfaces'>) => Promise<SavedTarget[]>;
  /** The Kubernetes API of a cluster, or why it is not available. */
  readonly openCluster: (cluster: string) => Promise<KubernetesClient | NotOpened>;
}

/** The worker that steps act on. */
export interface StepSubject {
  readonly clients: StepClients;
  readonly instanceId: string;
  readonly view: WorkerView;
  /** The worker's owner. */
  readonly owner?: Owner;
  readonly quarantine: Quarantine;
  readonly policy: Policy['quarantine'];
  /** Epoch milliseconds. */
  readonly now: number;
  /** Saves what a release must know, before the step changes it. @returns the quarantine as saved */
  readonly save: (change: Partial<Quarantine>) => Promise<Quarantine>;
  /** Adds a call that changed something to the record. */
  readonly note: (
    service: string,
    operation: string,
    answer: { readonly $metadata: { readonly requestId?: string | undefined } },
  ) => void;
}

export const noteInto =
  (calls: AwsCall[]): StepSubject['note'] =>
  (service, operation, { $metadata }) => {
    calls.push({ service, operation, requestId: $metadata.requestId ?? '' });
  };

/**
 * Carries out a step. What AWS refuses, or does not do for now, holds up none of the other steps: a final refusal is the
 * step's failure, and after a temporary error the next reconcile goes on from there.
 *
 * @throws a fault of this program
 */
export async function attempt(step: string, run: () => Promise<Omit<StepReport, 'step'>>): Promise<StepReport> {
  try {
    return { step, ...(await run()) };
  } catch (error) {
    if (isUnknownYet(error)) return { step, outcome: 'pending', note: 'EC2 does not know yet what was just made' };
    if (isBusy(error)) return { step, outcome: 'pending', note: `EC2 is busy with it (${error.name})` };
    const { kind, why: note } = sortOrThrow(error);
    return kind === 'refused'
      ? { step, outcome: 'failed', note }
      : { step, outcome: 'pending', note, isTroubled: true };
  }
}
