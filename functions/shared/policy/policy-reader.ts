import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import type { Clock } from '../runtime/clock.ts';
import type { Mode } from './mode.ts';
import {
  type InvalidPolicy,
  isInvalid,
  type PolicyWith,
  parseDocument,
  policySchema,
  type Sections,
} from './policy.ts';

/**
 * How long a policy is cached, ms: short enough for a kill switch to take effect quickly, long enough to save calls.
 */
const FRESH_FOR = 30_000;

/** The environment variables about the policy that the stack sets (`policyEnvironment`). */
interface PolicyEnvironment {
  readonly POLICY_PARAMETER: string;
  readonly POLICY_SECTIONS: readonly string[];
  readonly DEFAULT_MODE: Mode;
}

/** Creates the policy reader of a function from its environment. */
export const policyReaderFrom = <const Read extends Sections>(
  { POLICY_PARAMETER: parameter, POLICY_SECTIONS: names, DEFAULT_MODE: defaultMode }: PolicyEnvironment,
  others: Pick<PolicyReaderOptions<Read>, 'ssm' | 'clock' | 'reads'>,
) => createPolicyReader({ ...others, parameter, names, defaultMode });

export interface PolicyReaderOptions<Read extends Sections> {
  readonly ssm: SSMClient;
  readonly clock: Clock;
  /** Name of the parameter that holds the policy document. */
  readonly parameter: string;
  readonly defaultMode: Mode;
  /** The sections that the function uses. Errors in other sections do not stop it. */
  readonly reads: Read;
  /** The names of all sections. */
  readonly names: readonly string[];
}

export const missing = (parameter: string): string =>
  `The policy parameter ${parameter} does not exist: create it, "{}" is a good policy.`;

/**
 * Why a policy of type SecureString stops everything, with the fix. Functions get its cipher text, which is no JSON, and
 * Systems Manager changes no type (PutParameter, HierarchyTypeMismatchException).
 */
export const notReadable = (parameter: string): string =>
  `The policy parameter ${parameter} is a SecureString, which functions do not decrypt: delete it, and put the policy again as type String.`;

/** Reads the policy from SSM Parameter Store, with a short cache. A missing parameter counts as an invalid policy. */
export function createPolicyReader<const Read extends Sections>(options: PolicyReaderOptions<Read>) {
  const { ssm, clock, parameter, defaultMode, reads, names } = options;
  const schema = policySchema(defaultMode, reads, names);
  let cached: { readonly policy: PolicyWith<Read> | InvalidPolicy; readonly readAt: number } | undefined;
  let parsed:
    | { readonly text: string; readonly version: number; readonly policy: PolicyWith<Read> | InvalidPolicy }
    | undefined;

  return async (): Promise<PolicyWith<Read> | InvalidPolicy> => {
    if (cached !== undefined && clock.now() - cached.readAt < FRESH_FOR) return cached.policy;
    const policy = await read();
    cached = { policy, readAt: clock.now() };
    return policy;
  };

  async function read(): Promise<PolicyWith<Read> | InvalidPolicy> {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
      if (Parameter?.Type === 'SecureString') return { error: notReadable(parameter) };
      return parse(Parameter?.Value ?? '', Parameter?.Version ?? 0);
    } catch (error) {
      if (error instanceof ParameterNotFound) {
        return { error: missing(parameter) };
      }
      throw error;
    }
  }

  /** A policy seldom changes, and a text means the same each time, so the last one is parsed once. */
  function parse(text: string, version: number): PolicyWith<Read> | InvalidPolicy {
    if (parsed?.text === text && parsed.version === version) return parsed.policy;
    const policy = parseDocument(text, schema);
    parsed = { text, version, policy: isInvalid(policy) ? policy : { ...policy, version } };
    return parsed.policy;
  }
}
