import * as z from 'zod';
import { mode } from '../policy/mode.ts';
import { type Severity, severity } from './severity.ts';

/** Rises when a reader of the previous version would misread a record: see docs/records.md. */
export const RECORD_VERSION = 1;

export const decisionKind = z.enum(['acted', 'would-act', 'waiting', 'skipped', 'refused', 'failed', 'done']);
export type DecisionKind = z.infer<typeof decisionKind>;

export const DECISION_MEANINGS: Readonly<Record<DecisionKind, string>> = {
  acted: 'Something was changed.',
  'would-act': 'It would have been, in mode `enforce`, or once it is approved.',
  waiting: 'It will be reconciled again by itself.',
  skipped: 'Not to be touched, by a rule.',
  refused: 'A guard stopped it until somebody acts.',
  failed: 'Tried or read without success.',
  done: 'The aim is reached.',
};

/** The AWS call behind an act, as CloudTrail shows it. */
const awsCall = () =>
  z.strictObject({
    service: z.string().describe('For example `eks`.'),
    operation: z.string().describe('For example `UpdateNodegroupVersion`.'),
    requestId: z.string().describe('The `requestID` of the call in CloudTrail.'),
  });
export type AwsCall = z.infer<ReturnType<typeof awsCall>>;

/**
 * The one format of all records: a JSON line in the log group of the stack. Functions that only write records never
 * build its schema.
 */
export const recordSchema = () =>
  z.strictObject({
    kind: z.literal('record').describe('Tells records from all other lines of the log group.'),
    version: z.literal(RECORD_VERSION).describe('Of this schema.'),
    id: z
      .string()
      .describe('The same outcome of the same subject has the same id: a repeated line is recognised by it.'),
    time: z.iso.datetime().describe('When it was decided, in UTC.'),
    account: z.string().describe('The AWS account.'),
    region: z.string().describe('The AWS region.'),
    cluster: z.string().optional().describe('Absent where a record is about the account, as for a new release.'),
    nodegroup: z.string().optional().describe('Managed node group, or name of the Auto Scaling group or node pool.'),
    instance: z.string().optional().describe('Id of the worker, where the record is about one.'),
    remediation: z.string().describe('The function that decided.'),
    mode: mode.optional().describe('The mode in force; absent where a function knows none or the policy is invalid.'),
    decision: decisionKind.describe('What was decided: the list is below.'),
    reason: z.string().describe('Why, as a stable code: the list is below.'),
    severity: severity.optional().describe('Where the reason weighs more or less than the decision: see below.'),
    message: z.string().describe('A sentence with the particulars. It is for people: its words may change.'),
    hint: z.string().optional().describe('What to do, where there is something to do.'),
    trigger: z
      .strictObject({
        id: z.string().describe('The id of the event, or of the reconcile request that came of it.'),
        type: z.string().describe('Its detail type, for example `EKS AMI Release`.'),
      })
      .describe('The event that asked for the reconcile.'),
    calls: z.array(awsCall()).describe('The calls made that change something, with their request ids.'),
    correlationId: z.string().describe('The same in all records of one incident, from the first event to the outcome.'),
    latencyMs: z.int().min(0).describe('From the time of the triggering event to this record, in milliseconds.'),
    details: z
      .record(z.string(), z.json())
      .optional()
      .describe('Values that the message speaks of, for queries; which ones depends on the reason.'),
  });
export type RemediationRecord = z.infer<ReturnType<typeof recordSchema>>;

const BY_DECISION: Readonly<Record<DecisionKind, Severity>> = {
  acted: 'low',
  'would-act': 'low',
  waiting: 'informational',
  skipped: 'informational',
  refused: 'medium',
  failed: 'high',
  done: 'informational',
};

/** The severity of a record: that of its reason, or else that of its decision. */
export const severityOf = ({ decision, severity: own }: Pick<RemediationRecord, 'decision' | 'severity'>): Severity =>
  own ?? BY_DECISION[decision];

/** What a record is about. */
export interface RecordSubject {
  readonly cluster?: string;
  readonly nodegroup?: string;
  readonly instance?: string;
}
