import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import type { Surroundings } from './command.ts';

/** Reads the current policy document as text. */
export async function readPolicyText({ clients, stack }: Pick<Surroundings, 'clients' | 'stack'>): Promise<string> {
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: stack.PolicyParameterName }));
  return Parameter?.Value ?? '';
}

/**
 * Replaces the policy document. The tier is the one that the stack sets, because a parameter that has grown into the
 * Advanced tier cannot be written as a Standard one.
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
