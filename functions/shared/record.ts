import * as z from 'zod';
import { mode } from './policy.ts';
import { REASONS, type Reason } from './reason.ts';

export const RECORD_VERSION = 1;

export const remediation = z.enum([
  'watch-ami-releases',
  'upgrade-node-groups',
  'manage-ssm-agent',
  'triage-findings',
  'sweep-fleet',
]);
export type Remediation = z.infer<typeof remediation>;

/**
 * `acted`: something was changed. `would-act`: it would have been, in mode enforce. `waiting`: it will be looked at
 * again by itself. `skipped`: not to be touched, by a rule. `refused`: a guard stopped it until somebody acts.
 * `failed`: tried or read without success. `done`: the aim is reached.
 */
export const decisionKind = z.enum(['acted', 'would-act', 'waiting', 'skipped', 'refused', 'failed', 'done']);
export type DecisionKind = z.infer<typeof decisionKind>;

const reason = z.custom<Reason>(
  (value) => typeof value === 'string' && Object.hasOwn(REASONS, value),
  'must be a known reason',
);

/** The AWS call behind an act, to be found again in CloudTrail. */
export const awsCall = z.strictObject({ service: z.string(), operation: z.string(), requestId: z.string() });
export type AwsCall = z.infer<typeof awsCall>;

/** The one shape in which everything is recorded: a JSON line in the log group of the stack. */
export const recordSchema = z.strictObject({
  kind: z.literal('record'),
  version: z.literal(RECORD_VERSION),
  id: z.string().describe('The same outcome of the same subject has the same id: a repeated line is recognised by it.'),
  time: z.iso.datetime(),
  account: z.string(),
  region: z.string(),
  cluster: z.string().optional(),
  nodegroup: z.string().optional().describe('Managed node group, or name of the Auto Scaling group or node pool.'),
  instance: z.string().optional(),
  remediation,
  mode: mode.optional().describe('The mode in force; absent where a function knows none or the policy is invalid.'),
  decision: decisionKind,
  reason,
  message: z.string(),
  hint: z.string().optional(),
  trigger: z.strictObject({ id: z.string(), type: z.string() }).describe('The event that asked for the look.'),
  calls: z.array(awsCall).describe('The calls made that change something, with their request ids.'),
  correlationId: z.string().describe('The same from the first hint to the outcome.'),
  latencyMs: z.int().min(0).describe('From the time of the triggering event to this record.'),
  details: z.record(z.string(), z.json()).optional(),
});
export type RemediationRecord = z.infer<typeof recordSchema>;
