import { isInvalid } from '../../shared/policy/policy.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';

const DAY = 86_400_000;

/**
 * Adds to a decision that nodes are older than the policy's `maxAge`, where some are. Whatever keeps the node group as
 * it is, its record then names this age beside the reason. So does the record of nodes that no update of a node group
 * replaces. The function tells the age once, and again whenever the age of the oldest node has doubled.
 */
export function tellingAge(decision: Decision, observation: Observation, anywhere: Circumstances): Decision {
  const { view } = observation;
  // A node group that is being upgraded gets new nodes. A silent decision leaves no record that could tell an age.
  if (!('nodes' in view) || decision.memory.upgrade !== undefined || decision.isSilent) return decision;
  const { policy, now } = circumstancesOf(observation, anywhere);
  if (isInvalid(policy)) return decision;
  const { maxAge } = policy.upgrades;
  const born = launchesOf(view);
  const old = born.filter((launchedAt) => now - launchedAt >= maxAge);
  if (old.length === 0) return decision;
  const oldest = old.reduce((first, each) => Math.min(first, each));
  const age = now - oldest;
  const doublings = Math.floor(Math.log2(age / maxAge));
  const days = counted(Math.floor(age / DAY), 'day');
  const message = `${decision.message} ${old.length} of ${counted(born.length, 'node')} ${old.length === 1 ? 'is' : 'are'} older than upgrades.maxAge allows. The oldest one was launched at ${iso(oldest)}, ${days} ago.`;
  return {
    ...decision,
    message,
    variant: `${decision.variant} aged ${doublings}`.trim(),
    details: { ...decision.details, oldNodes: old.length, oldestNodeLaunchedAt: iso(oldest) },
  };
}

/** The launch of the oldest of these nodes, whoever replaces it, epoch milliseconds; undefined where none is known. */
export function oldestLaunchOf(observations: readonly Observation[]): number | undefined {
  const launches = observations.flatMap(({ view }) => ('nodes' in view ? launchesOf(view) : []));
  return launches.length === 0 ? undefined : launches.reduce((first, each) => Math.min(first, each));
}

const launchesOf = ({ nodes = [] }: Pick<NodeGroupView, 'nodes'>): number[] =>
  nodes.flatMap(({ launchedAt }) => launchedAt ?? []);
