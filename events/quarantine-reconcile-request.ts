import * as z from 'zod';
import { eventSchema, nodegroupName, ownEventMaker, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * Requests a reconcile of the exposures of some workers, or of a whole cluster. The sweep, delayed messages, freed
 * slots and wake-ups put it into the queue of `quarantine-workers`; operators may put it on the bus.
 */
export const detailType = 'Quarantine Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

/** How many groups a request names at most when it is sent, because reading one group takes some ten calls to AWS. */
export const SHELL_INGRESS_GROUPS = 10;

/** A cluster stands for all its workers and quarantines, unless the request names groups of it. */
export const detail = () =>
  workersReconcileRequest(['sweep', 'wake-up', 'slot-free', 'finding', 'posture', 'operator'])
    .and(
      z.object({
        /** Node groups of the cluster whose security groups may let public addresses in at the ports of shells. */
        shellIngressOf: z.array(nodegroupName).min(1).max(200).optional(),
        /** Node groups of the cluster whose waivers accept such rules. Security groups that they use stay open, too. */
        waived: z.array(z.string().min(1).max(300)).max(2_000).optional(),
      }),
    )
    .refine(({ clusterName, shellIngressOf }) => shellIngressOf === undefined || clusterName !== undefined, {
      path: ['clusterName'],
      error: 'must be given with shellIngressOf: the cluster of these node groups',
    });

export const schema = eventSchema(SOURCE, detailType, detail);
export type QuarantineReconcileRequest = z.infer<typeof schema>;

export const sample: QuarantineReconcileRequest = {
  version: '0',
  id: '1e3d5c7b-9a8f-4e6d-8c4b-2a0f1e3d5c79',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T19:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};

export const makeQuarantineReconcileRequest = ownEventMaker<typeof detailType, QuarantineReconcileRequest['detail']>(
  detailType,
);
