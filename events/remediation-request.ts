import * as z from 'zod';
import { asker, clusterName, eventSchema, instanceId, nodegroupName, SOURCE } from './envelope.ts';

/**
 * An operator wants a remediation to do what it waits with, or not to do what it proposes. It is checked like any event:
 * it names a request, and the function reads the state before it grants it.
 */
export const detailType = 'Remediation Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

const remediation = z.enum(['upgrade-node-groups', 'manage-ssm-agent', 'quarantine-workers']);
export type RequestedRemediation = z.infer<typeof remediation>;

/** The requests that one function takes: what its rule lets through. */
export const patternFor = (name: RequestedRemediation) => ({ ...pattern, detail: { remediation: [name] } });

const action = z.enum(['approve', 'reject', 'resume', 'retry']);
export type RequestedAction = z.infer<typeof action>;

/** What can be asked of each remediation, and what it is about. */
export const REQUESTABLE: Readonly<
  Record<RequestedRemediation, { subject: 'node-group' | 'instance'; actions: readonly RequestedAction[] }>
> = {
  'upgrade-node-groups': { subject: 'node-group', actions: ['approve', 'reject', 'resume', 'retry'] },
  'manage-ssm-agent': { subject: 'instance', actions: ['approve', 'reject', 'retry'] },
  'quarantine-workers': { subject: 'instance', actions: ['approve', 'reject'] },
};

export const detail = z
  .object({
    remediation,
    action,
    /** With nodegroupName: the subject for `upgrade-node-groups`. */
    clusterName: clusterName.optional(),
    nodegroupName: nodegroupName.optional(),
    /** The subject for `manage-ssm-agent` and `quarantine-workers`. */
    instanceId: instanceId.optional(),
    ...asker,
  })
  .superRefine((given, context) => {
    const { subject, actions } = REQUESTABLE[given.remediation];
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (!actions.includes(given.action)) refuse('action', `${given.remediation} takes ${actions.join(', ')}`);
    const { clusterName, nodegroupName, instanceId } = given;
    const ofNodeGroup = { clusterName, nodegroupName };
    const [needed, others] = subject === 'instance' ? [{ instanceId }, ofNodeGroup] : [ofNodeGroup, { instanceId }];
    for (const [name, value] of Object.entries(needed)) {
      if (value === undefined) refuse(name, `${given.remediation} needs it: its subject is a ${subject}`);
    }
    for (const [name, value] of Object.entries(others)) {
      if (value !== undefined) refuse(name, `not for ${given.remediation}: its subject is a ${subject}`);
    }
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type RemediationRequest = z.infer<typeof schema>;

/** The schema of the requests that one function takes. */
export const schemaFor = (name: RequestedRemediation) =>
  schema.refine(({ detail: asked }) => asked.remediation === name, {
    path: ['detail', 'remediation'],
    error: `must be ${name}`,
  });

export const sample: RemediationRequest = {
  version: '0',
  id: '5d2c8a1e-7f4b-4c06-9e3a-b1f0d8c6a472',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T08:00:00Z',
  resources: [],
  detail: {
    remediation: 'upgrade-node-groups',
    action: 'resume',
    clusterName: 'shop',
    nodegroupName: 'web',
    why: 'the disruption budget of the shop is mended',
    requestedBy: 'arn:aws:iam::111122223333:role/platform-admin',
  },
};
