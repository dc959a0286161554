import * as z from 'zod';
import { asker, clusterName, eventSchema, instanceId, nodegroupName, SOURCE } from './envelope.ts';

/**
 * An operator's request about one quarantine, or about a node group whose exposure was closed. It is checked like any
 * event: it only names a request, and the function reads the state before it grants it.
 */
export const detailType = 'Quarantine Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z
    .object({
      action: z.enum(['release', 'extend', 'terminate']),
      instanceId: instanceId.optional(),
      /**
       * Names a node group instead of an instance, whose closed ingress or subnets are to be opened again. Only for
       * `release`.
       */
      clusterName: clusterName.optional(),
      nodegroupName: nodegroupName.optional(),
      ...asker,
      /** For `extend`: the duration to add, such as `3d`. */
      by: z
        .string()
        .regex(/^[1-9]\d{0,4}[mhd]$/, 'must be a whole number over 0 with a unit m, h or d, for example "3d"')
        .optional(),
    })
    .superRefine(({ action, instanceId, clusterName, nodegroupName, by }, context) => {
      const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
      const group = clusterName !== undefined && nodegroupName !== undefined;
      if ((instanceId === undefined) === !group)
        refuse('instanceId', 'give instanceId, or clusterName and nodegroupName');
      if (group && action !== 'release') refuse('action', 'only release is for a node group');
      if ((action === 'extend') === (by === undefined)) refuse('by', 'is for extend, which needs it, for example "3d"');
    });

export const schema = eventSchema(SOURCE, detailType, detail);
export type QuarantineRequest = z.infer<typeof schema>;

export const sample: QuarantineRequest = {
  version: '0',
  id: '8b6d4f20-1e3c-4a59-9c7b-5d3f1a0e2c46',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T08:00:00Z',
  resources: [],
  detail: {
    action: 'release',
    instanceId: 'i-0f3a5c7e9b1d2f4a6',
    why: 'the address was assigned on purpose',
    requestedBy: 'arn:aws:iam::111122223333:role/platform-admin',
  },
};
