import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/**
 * Amazon Inspector has found a vulnerable package on an EC2 instance, has changed the finding, or has closed it. The
 * same finding arrives again when a tag changes or the instance restarts, and once each for the member and the
 * administrator account. A rule of quarantine-workers takes network findings.
 */
export const detailType = 'Inspector2 Finding';

const SOURCE = 'aws.inspector2';
const TYPE = 'PACKAGE_VULNERABILITY';
const INSTANCE = 'AWS_EC2_INSTANCE';

/**
 * The gravest first. Inspector's UNTRIAGED is missing: such a finding is not rated yet, and arrives again when it is.
 */
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const;
export const severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severity>;

/** The severities at or above `floor`. */
export const severitiesFrom = (floor: Severity): Severity[] => SEVERITIES.slice(0, SEVERITIES.indexOf(floor) + 1);

/** Includes closed and suppressed findings, because they close what was open. */
export const patternFrom = (floor: Severity) => ({
  source: [SOURCE],
  'detail-type': [detailType],
  detail: {
    type: [TYPE],
    severity: severitiesFrom(floor),
    status: ['ACTIVE', 'CLOSED', 'SUPPRESSED'],
    resources: { type: [INSTANCE] },
  },
});

export const pattern = patternFrom('HIGH');

/** Values that AWS may add are valid. Readers treat an unknown value as the least. */
export const detail = () =>
  z.object({
    findingArn: z.string().startsWith('arn:', 'must be an ARN'),
    type: z.literal(TYPE),
    severity: z.string(),
    /** Account of the instance. An administrator account also receives findings of its members. */
    awsAccountId: z.string().optional(),
    status: z.string(),
    exploitAvailable: z.string().optional(),
    fixAvailable: z.string().optional(),
    epss: z.object({ score: z.number().optional() }).optional(),
    resources: z
      .array(z.object({ type: z.string(), id: z.string() }))
      .refine((resources) => resources.some(({ type }) => type === INSTANCE), 'must have an AWS_EC2_INSTANCE'),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type InspectorPackageFinding = z.infer<typeof schema>;

/** Ids of the instances that a finding is about: a finding has up to ten resources (API reference, `Finding`). */
export const instancesOf = ({ resources }: InspectorPackageFinding['detail']): string[] => [
  ...new Set(resources.filter(({ type }) => type === INSTANCE).map(({ id }) => id)),
];

export const sample: InspectorPackageFinding = {
  version: '0',
  id: '4d621919-f1f4-4201-a0e2-37e4e330ff51',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T17:00:36Z',
  resources: ['i-0f3a5c7e9b1d2f4a6'],
  detail: {
    findingArn: 'arn:aws:inspector2:eu-central-1:111122223333:finding/0f3a5c7e9b1d2f4a60f3a5c7e9b1d2f4',
    type: TYPE,
    severity: 'CRITICAL',
    status: 'ACTIVE',
    exploitAvailable: 'YES',
    fixAvailable: 'YES',
    epss: { score: 0.83 },
    resources: [{ type: INSTANCE, id: 'i-0f3a5c7e9b1d2f4a6' }],
  },
};
