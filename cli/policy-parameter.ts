import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import { missing, notReadable } from '../functions/shared/policy/policy-reader.ts';
import { inShell } from '../functions/shared/text/in-shell.ts';
import type { Surroundings } from './command.ts';

/** The policy document in place; without `text` there is none that functions could read. */
export type PolicyInPlace =
  | {
      readonly text: string;
      /** The version of the parameter; absent where nobody has read it. */
      readonly version?: number;
      readonly why?: never;
    }
  | {
      readonly text?: never;
      readonly version?: never;
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
    const { Value: text = '', Version: version } = Parameter ?? {};
    return { text, ...(version !== undefined && { version }) };
  } catch (error) {
    if (error instanceof ParameterNotFound) return { isMissing: true, why: missing(name) };
    throw error;
  }
}

/** The policy document as an object; undefined where it is none. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null && !Array.isArray(document) ? { ...document } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether somebody has changed the document since it was read, while a question was open. Systems Manager has no write on
 * a condition (API reference, PutParameter).
 */
export async function isChangedSince(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  before: PolicyInPlace,
): Promise<boolean> {
  const now = await readPolicyText(surroundings);
  const isSame = now.text === undefined ? before.text === undefined : now.version === before.version;
  if (isSame && now.text === before.text) return false;
  const { note, stack } = surroundings;
  note(`Somebody has changed ${stack.PolicyParameterName} meanwhile. Look at it (policy show), and do this again.`);
  return true;
}

/**
 * Replaces the policy document, or creates it where somebody has deleted the parameter. The tier is the one that the
 * stack sets, because a parameter that has grown into the Advanced tier cannot be written as a Standard one. Names the
 * versions that others have put since the document was read: they were written over.
 *
 * @param before what is in place. A type is required where there is nothing (Systems Manager API, PutParameter).
 * @returns the parameter's new version
 */
export async function writePolicyText(
  { clients, stack: { PolicyParameterName: name }, note }: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  text: string,
  before: PolicyInPlace,
): Promise<number | undefined> {
  const { Version: version } = await clients.ssm.send(
    new PutParameterCommand({
      Name: name,
      Value: text,
      Tier: 'Intelligent-Tiering',
      ...(before.text === undefined ? { Type: 'String' } : { Overwrite: true }),
    }),
  );
  const known = before.text === undefined ? undefined : before.version;
  if (known !== undefined && version !== undefined && version > known + 1) {
    const theirs = version - 1 === known + 1 ? `version ${version - 1}` : `versions ${known + 1} to ${version - 1}`;
    note(
      `Somebody else has changed ${name} at the same time: this is written over ${theirs}. See what that said: aws ssm get-parameter-history --name ${inShell(name)}`,
    );
  }
  return version;
}
