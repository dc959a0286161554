import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { readAllNodeGroups } from '../functions/shared/ledger/node-group-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../functions/shared/policy/policy.ts';
import { createPolicyReader } from '../functions/shared/policy/policy-reader.ts';
import { rolloutsIn } from '../functions/shared/rollouts/waves.ts';
import { type Policy, READS } from '../functions/upgrade-node-groups/policy.ts';
import type { Surroundings } from './command.ts';
import { readingLedger } from './reading-ledger.ts';

type Reading = Pick<Surroundings, 'clients' | 'stack' | 'clock'>;

/** The policy as `upgrade-node-groups` reads it. */
export const readUpgradePolicy = ({ clients, stack, clock }: Reading): Promise<Policy | InvalidPolicy> =>
  createPolicyReader({
    ssm: clients.ssm,
    clock,
    parameter: stack.PolicyParameterName,
    // A stack of an earlier version does not name its mode, so the plan shows what it would propose.
    defaultMode: stack.Mode ?? 'observe',
    reads: READS,
    names: REMEDIATIONS.flatMap((each: Remediation) => each.policy?.section ?? []),
  })();

/**
 * The managed node groups of a wave (upgrades.waves), as the ledger knows them; undefined where the policy names no
 * such wave. An invalid policy is returned as it is, because its waves are unknown.
 */
export async function readWaveMembers(
  reading: Reading & Pick<Surroundings, 'note'>,
  name: string,
): Promise<Set<string> | InvalidPolicy | undefined> {
  const policy = await readUpgradePolicy(reading);
  if (isInvalid(policy)) return policy;
  const wave = policy.upgrades.waves.indexOf(name);
  if (wave < 0) return undefined;
  const states = await readAllNodeGroups(readingLedger(reading));
  const rollouts = rolloutsIn(states, policy);
  return new Set([...states.keys()].filter((subject) => rollouts.memberOf(subject)?.wave === wave));
}
