import * as z from 'zod';
import { type EventOrigin, eventSchema, ownEvent, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * Requests a reconcile of the ways in by SSH on some workers, or of Session Manager's preferences. `check-posture`
 * sends it where a check found such a way in, and `close-shells` and operators send it, too.
 */
export const detailType = 'Shells Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.union([
    z.object({
      trigger: z.enum(['posture', 'operator']),
      /** Names Session Manager's preferences of the region instead of workers. */
      sessions: z.literal(true),
    }),
    workersReconcileRequest(['posture', 'wake-up', 'operator']),
  ]);

export const schema = eventSchema(SOURCE, detailType, detail);
export type ShellsReconcileRequest = z.infer<typeof schema>;

export const sample: ShellsReconcileRequest = {
  version: '0',
  id: '2e9c5a70-6d13-4b8f-a4e2-0f7b1c3d5e96',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:06:00Z',
  resources: [],
  detail: { trigger: 'posture', clusterName: 'shop' },
};

/** Makes a request about all workers of a cluster. `id` names its cause: the same cause gives the same body. */
export const makeShellsReconcileRequest = (origin: EventOrigin, id: string, cluster: string): ShellsReconcileRequest =>
  ownEvent(detailType, origin, id, { trigger: 'posture', clusterName: cluster });

/**
 * Makes a request about Session Manager's preferences of the region. `id` names its cause: the same cause gives the
 * same body.
 */
export const makeSessionsReconcileRequest = (origin: EventOrigin, id: string): ShellsReconcileRequest =>
  ownEvent(detailType, origin, id, { trigger: 'posture', sessions: true });
