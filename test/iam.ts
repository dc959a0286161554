import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { CallRecord, Permission } from '../sandbox/account/service.ts';
import type { EmbeddedAccount } from '../sandbox/embedded-account.ts';

/** A call that IAM would have denied. */
export interface Denial {
  readonly function: string;
  readonly operation: string;
  readonly permission: Permission;
  readonly because: string;
}

type IdentityPolicies = Simulation['identityPolicies'];

/** Policies, and why IAM would deny each permission that was asked about. Undefined: it allows it. */
interface Judged {
  readonly identityPolicies: IdentityPolicies;
  readonly verdicts: Map<string, Promise<string | undefined>>;
}

/**
 * What this process knows by account and policies, which decide alone. Thousands of calls need only a few hundred
 * distinct permissions, and plays that are alike need the same ones.
 */
const known = new Map<string, Judged>();

/**
 * Evaluates each call of a function against the policies of the function's role in the template.
 * @returns the calls that IAM would have denied
 */
export async function deniedCalls({ stack, world }: EmbeddedAccount, calls: readonly CallRecord[]): Promise<Denial[]> {
  const roles = new Map<string, (permission: Permission, key: string) => Promise<string | undefined>>();
  const denials = new Map<string, Denial>();
  for (const { function: name, operation, permissions, roleLogicalId } of calls) {
    if (roleLogicalId === undefined) throw new Error(`${name} called ${operation} without a role`);
    const judge = roles.get(roleLogicalId) ?? judgeOf(stack.policiesOf(roleLogicalId), world.accountId);
    roles.set(roleLogicalId, judge);
    for (const permission of permissions) {
      const key = JSON.stringify(permission);
      const because = await judge(permission, key);
      if (because !== undefined)
        denials.set(`${roleLogicalId} ${key}`, { function: name, operation, permission, because });
    }
  }
  return [...denials.values()];
}

/** Judges permissions, given with their texts, by policies. */
function judgeOf(policies: ReturnType<EmbeddedAccount['stack']['policiesOf']>, accountId: string) {
  const text = withOwner(JSON.stringify(policies.map(({ name, document }) => ({ name, policy: document }))));
  const subject = `${accountId} ${text}`;
  const judged = known.get(subject) ?? { identityPolicies: JSON.parse(text), verdicts: new Map() };
  known.set(subject, judged);
  const { identityPolicies, verdicts } = judged;
  return (permission: Permission, key: string): Promise<string | undefined> => {
    const verdict = verdicts.get(key) ?? denialOf(identityPolicies, permission, accountId);
    verdicts.set(key, verdict);
    return verdict;
  };
}

/** Why IAM would deny the permission, or undefined. */
async function denialOf(
  identityPolicies: IdentityPolicies,
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
    identityPolicies,
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
