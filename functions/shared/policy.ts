import * as z from 'zod';
import { changeWindow } from './change-window.ts';
import { duration } from './duration.ts';

/** `enforce` acts, `observe` records what it would do, `off` does neither. */
export const mode = z.enum(['enforce', 'observe', 'off']);
export type Mode = z.infer<typeof mode>;

/** A cluster name; `*` stands for any run of characters. */
const clusterName = z.string().regex(/^[0-9A-Za-z*][0-9A-Za-z_*-]{0,99}$/, 'must be a cluster name; * is a wildcard');

const scope = z.strictObject({
  clusters: z.array(clusterName).min(1).optional().describe('Only these clusters are touched; absent: all.'),
  accounts: z
    .array(z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'))
    .min(1)
    .optional()
    .describe('Only these accounts are touched; absent: all.'),
});

const upgrades = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode.default(defaultMode).describe('Overrides the stage default that the stack was deployed with.'),
    bakeAge: duration.prefault('24h').describe('How long a release must have been known before it is rolled out.'),
    windows: z.array(changeWindow).default([]).describe('When upgrades may start; empty: at any time.'),
    concurrency: z
      .strictObject({
        perCluster: z.int().min(1).max(100).default(1).describe('Node groups of one cluster upgraded at a time.'),
        perAccount: z.int().min(1).max(100).default(5).describe('Node groups of the account and region at a time.'),
      })
      .prefault({}),
    stopAfterFailures: z.int().min(1).max(10).default(3).describe('Attempts per node group and release, then halted.'),
    retryAfter: duration.prefault('1h').describe('Wait after the first failure; doubled after each further one.'),
    force: z
      .boolean()
      .default(false)
      .describe('Lets EKS ignore pod disruption budgets. Workloads can lose all their pods at once: leave it false.'),
  });

const remedies = z.strictObject({
  attachPolicy: mode.default('enforce').describe('Attach AmazonSSMManagedInstanceCore to the node role that lacks it.'),
  defaultHostManagement: mode
    .default('off')
    .describe('Register Default Host Management: it holds for every EC2 instance of the account and region.'),
  updateAgent: mode.default('enforce').describe('Update an agent that is not the latest, by AWS-UpdateSSMAgent.'),
  installAgent: mode.default('enforce').describe('Install a missing agent through Kubernetes, by a DaemonSet.'),
});

const ssmAgent = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode.default(defaultMode).describe('Bounds the mode of every remedy.'),
    graceTime: duration.prefault('5m').describe('How long after its launch a worker may take to register.'),
    remedies: remedies.prefault({}).describe('Each with its own mode.'),
    cureWithin: duration.prefault('30m').describe('How long a remedy may take until it counts as failed.'),
    attempts: z.int().min(1).max(10).default(3).describe('Attempts per worker and cause, then it is left alone.'),
    retryAfter: duration.prefault('30m').describe('Wait after a failed remedy; doubled after each further one.'),
    installerImage: z
      .string()
      .regex(
        /^[a-z0-9][\w./:@-]{0,254}$/,
        'must be a container image such as registry/name:tag or registry/name@sha256:…',
      )
      .default('public.ecr.aws/amazonlinux/amazonlinux:2023')
      .describe('Image of the installing DaemonSet: needs sh, curl and gpg.'),
  });

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
  });

/** All spans of time are in milliseconds. */
export type Policy = z.infer<ReturnType<typeof policySchema>>;

const STRICTNESS: Readonly<Record<Mode, number>> = { off: 0, observe: 1, enforce: 2 };

/** The stricter of two modes: what is bounded by another mode never does more than that. */
export const stricter = (a: Mode, b: Mode): Mode => (STRICTNESS[a] <= STRICTNESS[b] ? a : b);

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
