import { listed } from '../../shared/text/listed.ts';
import type { Decision } from '../model/decision.ts';
import { meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from '../model/obstacles.ts';
import { kubernetesVersionOf } from '../model/target-version.ts';
import type { Moment } from './moment.ts';

/**
 * How often a reconcile looks again at insights that close the gate, ms. EKS refreshes insights every 24 hours (EKS
 * user guide, cluster insights).
 */
const LOOKED_AT_AGAIN = 6 * 3_600_000;

/**
 * The insight that nodes are too old for the version ("Checks for kubelet versions of worker nodes in the cluster", as
 * ListInsights describes it). The move itself ends it, so that it would wait for itself.
 */
const ENDED_BY_THE_MOVE = 'Kubelet version skew';

/**
 * Waits while EKS's upgrade insights say that something would break with the Kubernetes version to move to. Insights
 * that cannot be read close the gate as well, and so do insights that nobody has read.
 */
export function atInsights(moment: Moment): Decision | undefined {
  const { view, upgrades, state, idle, now, releaseVersion, attempt, wait } = moment;
  const version = kubernetesVersionOf(view);
  // A proposal changes nothing: it is made, and can be approved, while a gate is closed, too.
  if (version === undefined || upgrades.gates.insights === 'off' || moment.isProposal) return undefined;
  const { insights } = view.next ?? {};
  if (insights === undefined || 'kind' in insights) {
    const { error, code, isThrottled } = insights ?? {
      error: 'nobody has read them',
      code: 'NotRead',
      isThrottled: true,
    };
    const obstacle = meet(state.obstacle, `insights ${code}`, now, UNREADABLE);
    const message = `The upgrade insights of its cluster for Kubernetes ${version} cannot be read: ${error}. A gate that cannot be read is closed.`;
    return {
      ...wait('insights-unreadable', message, obstacle.until),
      decision: 'refused',
      variant: `${releaseVersion} ${attempt} ${code}`,
      memory: { ...idle, obstacle },
      ...(isThrottled && now - obstacle.since < SLOWNESS_IS_TOLD_AFTER && { isSilent: true }),
    };
  }
  const others = insights.filter(({ name }) => name !== ENDED_BY_THE_MOVE);
  if (others.length === 0) return undefined;
  const named = others.map(({ name, why }) => (why === '' ? name : `${name} (${why})`));
  const message = `Upgrade insights of EKS say ERROR for Kubernetes ${version}: ${listed(named)}.`;
  const names = others.map(({ name }) => name).sort();
  return {
    ...wait('insights-gate-closed', message, now + LOOKED_AT_AGAIN),
    // Nothing but people ends what an insight says, and EKS tells nobody of it.
    decision: 'refused',
    variant: `${releaseVersion} ${attempt} ${names.join(', ')}`,
  };
}
