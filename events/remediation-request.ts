import * as z from 'zod';
import { asker, clusterName, eventSchema, instanceId, nodegroupName, planId, SOURCE } from './envelope.ts';

/**
 * An operator's request that a remediation does what it waits with, or does not do what it proposes. It is checked like
 * any event: it only names a request, and the function reads the state before it grants it.
 */
export const detailType = 'Remediation Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

/** The pattern of the requests to one function, for its rule. */
export const patternFor = (name: string) => ({ ...pattern, detail: { remediation: [name] } });

const action = z.enum(['approve', 'reject', 'resume', 'retry']);
export type RequestedAction = z.infer<typeof action>;

/** Whether an operator's action is sent as this event. */
export const isRequestedAction = (asked: string): asked is RequestedAction => action.safeParse(asked).success;

/** What a function declares about the actions that operators can request of it. */
export const requestable = z.object({
  name: z.string(),
  /** What a request names: a node group by its names, or a worker by its id. */
  subject: z.string(),
  requests: z.array(z.string()).readonly(),
});
export type Requestable = Readonly<z.infer<typeof requestable>>;

export const detail = () =>
  z.object({
    remediation: z.string().min(1).max(60),
    action,
    /** With nodegroupName, for requests about node groups. */
    clusterName: clusterName.optional(),
    nodegroupName: nodegroupName.optional(),
    /** For requests about workers. */
    instanceId: instanceId.optional(),
    /**
     * Id of the plan that the operator has seen, from its record; only for approve and reject. Once another plan is
     * proposed, the request is refused.
     */
    plan: planId.optional(),
    ...asker,
  });

/** The detail of a request to one of these functions. */
export const detailFor = (all: readonly Requestable[]) =>
  detail().superRefine((given, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const taking = all.filter(({ requests }) => requests.some(isRequestedAction));
    const asked = taking.find(({ name }) => name === given.remediation);
    if (asked === undefined) {
      refuse('remediation', `must be ${taking.map(({ name }) => name).join(' or ')}`);
      return;
    }
    const { name, subject, requests } = asked;
    if (!requests.includes(given.action)) {
      refuse('action', `${name} takes ${requests.filter(isRequestedAction).join(', ')}`);
    }
    if (given.plan !== undefined && given.action !== 'approve' && given.action !== 'reject') {
      refuse('plan', `not for ${given.action}: only approve and reject are about a plan`);
    }
    const { clusterName, nodegroupName, instanceId } = given;
    const ofNodeGroup = { clusterName, nodegroupName };
    const [needed, others] = subject === 'instance' ? [{ instanceId }, ofNodeGroup] : [ofNodeGroup, { instanceId }];
    for (const [member, value] of Object.entries(needed)) {
      if (value === undefined) refuse(member, `${name} needs it: its subject is a ${subject}`);
    }
    for (const [member, value] of Object.entries(others)) {
      if (value !== undefined) refuse(member, `not for ${name}: its subject is a ${subject}`);
    }
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type RemediationRequest = z.infer<typeof schema>;

/** The schema of the requests to one function. */
export const schemaFor = (taker: Requestable): z.ZodType<RemediationRequest> =>
  eventSchema(SOURCE, detailType, () => detailFor([taker]));

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
