import * as z from 'zod';
import { eventSchema, SOURCE } from './envelope.ts';

/**
 * A notification of `notify-stories`: an incident has begun, has got worse, or has ended. It is published on the
 * stack's own bus for outside consumers; nothing in the stack takes it.
 */
export const detailType = 'Remediation Incident';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

const subject = z.object({
  cluster: z.string().optional().describe('Absent where it is about the account.'),
  nodegroup: z.string().optional().describe('Managed node group, or name of the Auto Scaling group or node pool.'),
  instance: z.string().optional().describe('Id of the worker, where it is about one.'),
  message: z.string().describe('A sentence with the particulars, for people.'),
  recordId: z.string().describe('The id of the record in the log group.'),
});

export const detail = () =>
  z.object({
    version: z.literal(1).describe('Of this schema; members may be added within a version.'),
    phase: z.enum(['opened', 'worsened', 'ended']).describe('Each incident is opened once, and ended once at most.'),
    severity: z.enum(['informational', 'low', 'medium', 'high', 'critical']).describe('As in the policy.'),
    remediation: z.string().describe('The function that decided.'),
    decision: z.string().describe('As in the record, for example `acted`.'),
    state: z
      .string()
      .optional()
      .describe(
        'How the subject stands now by its gravest open concern, as on the dashboard: for example `quarantined` where the agent of a worker in quarantine was cured.',
      ),
    reason: z.string().describe('The stable reason code of the record.'),
    hint: z.string().optional().describe('What to do, where there is something to do.'),
    correlationId: z.string().describe('The same in all events and records of the incident (the first of several).'),
    startedAt: z.iso.datetime().describe('When the record was written that this tells of.'),
    subjects: z.array(subject).min(1).describe('What it is about: several where the same happened to them together.'),
    moreSubjects: z.int().min(0).describe('How many further subjects there were no room for.'),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type RemediationIncident = z.infer<typeof schema>;

export const sample: RemediationIncident = {
  version: '0',
  id: '3f6a0b1e-6a55-4c0e-9a0b-6c2f4b1d7e90',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T17:30:30Z',
  resources: [],
  detail: {
    version: 1,
    phase: 'opened',
    severity: 'low',
    remediation: 'upgrade-node-groups',
    decision: 'acted',
    state: 'acted',
    reason: 'upgrade-started',
    correlationId: '1.35/AL2023_x86_64_STANDARD 1.35.6-20260714',
    startedAt: '2026-07-15T17:30:28.739Z',
    subjects: [
      {
        cluster: 'shop',
        nodegroup: 'web',
        message: 'The node group is being upgraded from 1.35.6-20260625 to 1.35.6-20260714.',
        recordId: '1300d05704d8ad6ccae36b32b11d0ba8',
      },
    ],
    moreSubjects: 0,
  },
};
