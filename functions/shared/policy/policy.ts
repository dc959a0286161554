import * as z from 'zod';
import { ssmAgent } from '../../manage-ssm-agent/policy.ts';
import { notifications } from '../../notify-stories/policy.ts';
import { quarantine } from '../../quarantine-workers/policy.ts';
import { findings } from '../../triage-findings/policy.ts';
import { upgrades } from '../../upgrade-node-groups/policy.ts';
import type { Mode } from './mode.ts';
import { scope } from './scope-section.ts';

export { type Mode, mode, stricter } from './mode.ts';

/**
 * The policy document. An empty one, `{}`, is a good one. `defaultMode` is the stage's default, set at deployment;
 * unknown keys are refused, so that a misspelt guard is never silently absent.
 */
export const policySchema = (defaultMode: Mode) =>
  z.strictObject({
    killSwitch: z.boolean().default(false).describe('true: nothing acts, in any remediation.'),
    scope: scope.prefault({}),
    upgrades: upgrades(defaultMode).prefault({}),
    ssmAgent: ssmAgent(defaultMode).prefault({}),
    quarantine: quarantine(defaultMode).prefault({}),
    notifications: notifications.prefault({}),
    findings: findings(defaultMode).prefault({}),
  });

/** All spans of time are in milliseconds. */
export type Policy = z.infer<ReturnType<typeof policySchema>>;

/** A policy that could not be read: nothing may act on it. */
export interface InvalidPolicy {
  /** Names each field that is wrong and the fix. */
  readonly error: string;
}

export const isInvalid = (policy: Policy | InvalidPolicy): policy is InvalidPolicy => 'error' in policy;

const schemas = new Map<Mode, ReturnType<typeof policySchema>>();

/** Made once: zod compiles a schema when it parses for the first time. */
function schemaFor(defaultMode: Mode): ReturnType<typeof policySchema> {
  const schema = schemas.get(defaultMode) ?? policySchema(defaultMode);
  schemas.set(defaultMode, schema);
  return schema;
}

/** Parses a policy document; never throws: what is wrong is said in the result. */
export function parsePolicy(text: string, defaultMode: Mode): Policy | InvalidPolicy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { error: `The policy is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = schemaFor(defaultMode).safeParse(document);
  if (parsed.success) return parsed.data;
  return { error: `The policy is invalid: ${parsed.error.issues.map(describeIssue).join('; ')}` };
}

/** One issue as `upgrades.bakeAge: must be …`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${[...issue.path, key].join('.')}: unknown key, remove it or correct its spelling`)
      .join('; ');
  }
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
