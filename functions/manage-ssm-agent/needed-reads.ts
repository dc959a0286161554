import { isIsolated } from '../shared/fleet/scope.ts';
import { canBeUpdated } from './agent-version.ts';
import type { Circumstances } from './decision.ts';
import { answersBy } from './grace.ts';
import { circumstancesOf, guardOf } from './guards.ts';
import type { WorkerView } from './observation.ts';
import { modeOfRemedy } from './remedy-choice.ts';
import type { WorkerState } from './worker-ledger.ts';

/**
 * What has to be read about a worker: its owner; or the findings, which say whose it is and why its agent does not
 * answer; or, while the agent answers, whether sessions reach it, and once its role's policies, so that a later change
 * can be detected.
 */
export type NeededReads = 'owner' | 'findings' | 'role' | 'sessions';

/**
 * What has to be read about a worker before a remedy may begin. Undefined where none can begin: the agent is fine,
 * still has time, or is being cured, or a guard applies anyway. A healthy fleet therefore costs no reads beyond those of
 * each new worker's role, and of one worker's sessions for all that are alike.
 */
export function neededReadsOf(view: WorkerView, state: WorkerState, anywhere: Circumstances): NeededReads | undefined {
  if (view.ownership === 'auto-mode' || view.instanceState !== 'running' || isIsolated(view.tags)) return undefined;
  if (state.remedy !== undefined) return undefined;
  // Before the owner is read no tag counts: one may still keep the worker from being acted upon.
  const circumstances = circumstancesOf(view, anywhere);
  const verdict = guardOf(view, circumstances);
  if ('guardResult' in verdict) return undefined;
  const { ssmAgent } = verdict.policy;
  if (view.agent?.online === true) {
    const mayBeUpdated = canBeUpdated(view.agent, state.updated, circumstances.now);
    const isUpdateDue = mayBeUpdated && modeOfRemedy(ssmAgent, 'update-agent') !== 'off';
    if (isUpdateDue) return 'owner';
    return state.roleFingerprint === undefined ? 'role' : 'sessions';
  }
  return circumstances.now >= answersBy(view, ssmAgent) ? 'findings' : undefined;
}
