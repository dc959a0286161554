import { isIsolated } from '../shared/fleet/scope.ts';
import { canBeUpdated } from './agent-version.ts';
import type { Circumstances } from './decision.ts';
import { guardOf } from './guards.ts';
import type { WorkerView } from './observation.ts';
import { modeOfRemedy } from './remedy-choice.ts';
import type { WorkerState } from './worker-ledger.ts';

/**
 * What is to be found out about a worker: whose it is, or that and why its agent does not answer; or what its role's
 * policies are while the agent answers, so that it can be told later whether they have changed.
 */
export type NeededReads = 'owner' | 'findings' | 'role';

/**
 * What has to be known of a worker before a remedy may begin; undefined where none can: its agent is as it should be, still
 * has time, or is being cured, or a guard speaks against it anyway. So a healthy fleet costs no reads but one of each new worker's role.
 */
export function neededReadsOf(
  view: WorkerView,
  state: WorkerState,
  circumstances: Circumstances,
): NeededReads | undefined {
  if (view.ownership === 'auto-mode' || view.instanceState !== 'running' || isIsolated(view.tags)) return undefined;
  if (state.remedy !== undefined) return undefined;
  const verdict = guardOf(view, circumstances);
  if ('guardResult' in verdict) return undefined;
  const { ssmAgent } = verdict.policy;
  if (view.agent?.online === true) {
    const isUpdateDue = canBeUpdated(view.agent) && modeOfRemedy(ssmAgent, 'update-agent') !== 'off';
    if (isUpdateDue) return 'owner';
    return state.roleFingerprint === undefined ? 'role' : undefined;
  }
  return circumstances.now >= view.launchedAt + ssmAgent.graceTime ? 'findings' : undefined;
}
