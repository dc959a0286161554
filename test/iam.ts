import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { CallRecord, Permission } from '../sandbox/account/service.ts';
import type { EmbeddedAccount } from '../sandbox/embedded-account.ts';

/** A call that IAM would have denied. */
export interface Denial {
  readonly function: string;
  readonly operation: string;
  readonly permission: Permission;
  readonly because: string;
}

/**
 * Evaluates each call of a function against the policies of the function's role in the template.
 * @returns the calls that IAM would have denied
 */
export async function deniedCalls({ stack, world }: EmbeddedAccount, calls: readonly CallRecord[]): Promise<Denial[]> {
  const verdicts = new Map<string, Promise<string | undefined>>();
  const denials = new Map<string, Denial>();
  for (const { function: name, operation, permissions, roleLogicalId } of calls) {
    if (roleLogicalId === undefined) throw new Error(`${name} called ${operation} without a role`);
    for (const permission of permissions) {
      // Thousands of calls need only a few hundred distinct permissions.
      const key = JSON.stringify([roleLogicalId, permission]);
      const verdict = verdicts.get(key) ?? denialOf(stack.policiesOf(roleLogicalId), permission, world.accountId);
      verdicts.set(key, verdict);
      const because = await verdict;
      if (because !== undefined) denials.set(key, { function: name, operation, permission, because });
    }
  }
  return [...denials.values()];
}

/** Why IAM would deny the permission, or undefined. */
async function denialOf(
  policies: ReturnType<EmbeddedAccount['stack']['policiesOf']>,
  { action, resource, context = {} }: Permission,
  accountId: string,
): Promise<string | undefined> {
  const simulation = {
    request: {
      principal: `arn:aws:iam::${accountId}:role/function`,
      action,
      resource: { resource: withOwner(resource), accountId },
      contextVariables: { ...context },
    },
    identityPolicies: policies.map(({ name, document }) => ({
      name,
      policy: JSON.parse(withOwner(JSON.stringify(document))),
    })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  const result = await runSimulation(simulation, {});
  if (result.resultType === 'error') return `the simulation failed: ${JSON.stringify(result.errors)}`;
  return result.overallResult === 'Allowed' ? undefined : result.overallResult;
}

/**
 * The simulator rejects ARNs without an account, which Amazon's public parameters and documents have. They get an
 * unused account, in policy and request alike.
 */
const withOwner = (text: string): string =>
  text.replaceAll(/(:ssm:[a-z0-9-]*:)(:(?:parameter\/aws\/service\/|document\/AWS-))/g, '$1000000000000$2');

/** The actions that each role of the template grants, as `role logical id: action`. */
export function grantedActions({ stack }: EmbeddedAccount, roleLogicalIds: readonly string[]): Set<string> {
  const granted = roleLogicalIds.flatMap((role) =>
    stack
      .policiesOf(role)
      .flatMap(({ document }) => [document.Statement].flat())
      .flatMap(({ Action }) => (Action === undefined ? [] : [Action].flat()))
      .map((action) => `${role}: ${action}`),
  );
  return new Set(granted);
}
