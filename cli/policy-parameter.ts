import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import { missing, notReadable } from '../functions/shared/policy/policy-reader.ts';
import type { Surroundings } from './command.ts';

/** The policy document in place; without `text` there is none that functions could read. */
export type PolicyInPlace =
  | { readonly text: string; readonly why?: never }
  | {
      readonly text?: never;
      /** Why there is none, with the fix. */
      readonly why: string;
      readonly isMissing: boolean;
    };

/** Reads the current policy document as text. */
export async function readPolicyText({
  clients,
  stack: { PolicyParameterName: name },
}: Pick<Surroundings, 'clients' | 'stack'>): Promise<PolicyInPlace> {
  try {
    const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: name }));
    if (Parameter?.Type === 'SecureString') return { isMissing: false, why: notReadable(name) };
    return { text: Parameter?.Value ?? '' };
  } catch (error) {
    if (error instanceof ParameterNotFound) return { isMissing: true, why: missing(name) };
    throw error;
  }
}

/**
 * Replaces the policy document, or creates it where somebody has deleted the parameter. The tier is the one that the
 * stack sets, because a parameter that has grown into the Advanced tier cannot be written as a Standard one.
 *
 * @param before what is in place. A type is required where there is nothing (Systems Manager API, PutParameter).
 * @returns the parameter's new version
 */
export async function writePolicyText(
  { clients, stack }: Pick<Surroundings, 'clients' | 'stack'>,
  text: string,
  before: PolicyInPlace,
): Promise<number | undefined> {
  const { Version } = await clients.ssm.send(
    new PutParameterCommand({
      Name: stack.PolicyParameterName,
      Value: text,
      Tier: 'Intelligent-Tiering',
      ...(before.text === undefined ? { Type: 'String' } : { Overwrite: true }),
    }),
  );
  return Version;
}
