import type { WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';

/**
 * How long a worker may take until it has started as a whole, ms. Windows often takes 15 minutes or longer, with several
 * restarts (EC2 user guide, "Configure EC2 Fast Launch settings for your Windows AMI"), and its EKS nodes some ten
 * (awslabs/amazon-eks-ami#2723). Bare metal and images that configure themselves take as long (kubernetes-sigs/karpenter#357).
 */
const STARTS_WITHIN = 20 * 60_000;

/** Until when a worker's agent has time to register, epoch milliseconds. */
export const registersBy = (
  { launchedAt, windows }: Pick<WorkerView, 'launchedAt' | 'windows'>,
  { graceTime }: Pick<Policy['ssmAgent'], 'graceTime'>,
): number => launchedAt + (windows === true ? Math.max(graceTime, STARTS_WITHIN) : graceTime);

/**
 * Until when a worker has time to answer, epoch milliseconds. An agent that has answered before is gone while its host
 * restarts, as it does for patches of its kernel every few nights (kubereboot/kured, Bottlerocket's update operator), and
 * that takes as long as a start.
 */
export function answersBy(
  view: Pick<WorkerView, 'launchedAt' | 'windows' | 'agent'>,
  policy: Pick<Policy['ssmAgent'], 'graceTime'>,
): number {
  const { lastPingAt } = view.agent ?? {};
  return Math.max(registersBy(view, policy), lastPingAt === undefined ? 0 : lastPingAt + STARTS_WITHIN);
}

/** Whether a worker may still be starting, so that it is no node of its cluster yet. */
export const mayStillStart = ({ launchedAt }: Pick<WorkerView, 'launchedAt'>, now: number): boolean =>
  now < launchedAt + STARTS_WITHIN;
