import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import type { Clock } from '../runtime/clock.ts';
import { type InvalidPolicy, type Mode, type Policy, parsePolicy } from './policy.ts';

/** How long a read policy is good for, ms: short enough that a kill switch bites at once, long enough to spare calls. */
const FRESH_FOR = 30_000;

export interface PolicyReaderOptions {
  readonly ssm: SSMClient;
  readonly clock: Clock;
  /** Name of the parameter that holds the policy document. */
  readonly parameter: string;
  readonly defaultMode: Mode;
}

/** Reads the policy from SSM Parameter Store, with a short cache. A missing parameter is an invalid policy. */
export function createPolicyReader({ ssm, clock, parameter, defaultMode }: PolicyReaderOptions) {
  let cached: { readonly policy: Policy | InvalidPolicy; readonly readAt: number } | undefined;

  return async (): Promise<Policy | InvalidPolicy> => {
    if (cached !== undefined && clock.now() - cached.readAt < FRESH_FOR) return cached.policy;
    const policy = await read();
    cached = { policy, readAt: clock.now() };
    return policy;
  };

  async function read(): Promise<Policy | InvalidPolicy> {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
      return parsePolicy(Parameter?.Value ?? '', defaultMode);
    } catch (error) {
      if (error instanceof ParameterNotFound) {
        return { error: `The policy parameter ${parameter} does not exist: create it, "{}" is a good policy.` };
      }
      throw error;
    }
  }
}
