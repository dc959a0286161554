import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import type { Surroundings } from './command.ts';

/** What a parameter of the tier Intelligent-Tiering holds at most, bytes of UTF-8 (Systems Manager user guide, "Managing parameter tiers"). */
export const MOST_POLICY_BYTES = 8_192;

/** The policy document that is in place, as it is. */
export async function readPolicyText({ clients, stack }: Pick<Surroundings, 'clients' | 'stack'>): Promise<string> {
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: stack.PolicyParameterName }));
  return Parameter?.Value ?? '';
}

/**
 * Puts a policy document in place. It is named as the stack made it: a parameter that has grown into the Advanced tier
 * cannot be written as a Standard one.
 *
 * @returns the parameter's new version
 */
export async function writePolicyText(
  { clients, stack }: Pick<Surroundings, 'clients' | 'stack'>,
  text: string,
): Promise<number | undefined> {
  const { Version } = await clients.ssm.send(
    new PutParameterCommand({
      Name: stack.PolicyParameterName,
      Value: text,
      Overwrite: true,
      Tier: 'Intelligent-Tiering',
    }),
  );
  return Version;
}
