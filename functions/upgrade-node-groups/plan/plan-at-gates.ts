import type { GatesReader } from '../../shared/gates/observe-gates.ts';
import type { Contender } from '../../shared/ledger/turn-order.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { groupFingerprint } from './next-state.ts';
import { type Plan, plan } from './plan.ts';

/**
 * Plans, and plans again with the gates if a decision depends on them. Most looks come to nothing that a gate could
 * hold back, so only the others read the gates.
 *
 * @returns the plan, and the circumstances that it was made in
 */
export async function planAtGates(
  readGates: GatesReader,
  observations: readonly Observation[],
  circumstances: Circumstances,
  line: readonly Contender[] = [],
): Promise<{ readonly planned: Plan; readonly circumstances: Circumstances }> {
  const planned = plan(observations, circumstances, line);
  if (circumstances.gates !== undefined || !dependsOnGates(planned)) return { planned, circumstances };
  const informed = { ...circumstances, gates: await readGates() };
  return { planned: plan(observations, informed, line), circumstances: informed };
}

/**
 * Whether the gates matter to a plan. An answer tells what comes of its request, so an answer always needs the gates. A
 * proposal that stands already is not told again, so that proposal needs none.
 */
const dependsOnGates = ({ decided }: Plan): boolean =>
  decided.some(({ observation, decision }) => {
    if (observation.request !== undefined) return true;
    if (decision.dependsOnGates !== true) return false;
    return decision.decision !== 'would-act' || groupFingerprint(decision) !== observation.state.fingerprint;
  });
