import { isInvalid } from '../shared/policy/policy.ts';
import { iso } from '../shared/runtime/clock.ts';
import { counted } from '../shared/text/counted.ts';
import { circumstancesOf } from './circumstances.ts';
import type { Circumstances, Decision } from './decision.ts';
import type { NodeGroupView, Observation } from './observation.ts';

const DAY = 86_400_000;

/**
 * The same decision, which says, too, that nodes are older than the policy's `maxAge`: whatever keeps the node group as it is, or
 * nodes that no update of a node group replaces, has a record then that names this reason. It is told once, and again whenever the age of the oldest node has doubled.
 */
export function tellingAge(decision: Decision, observation: Observation, anywhere: Circumstances): Decision {
  const { view } = observation;
  // What moves gets new nodes. An answer to an operator is about something else.
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

/** When the oldest of these nodes was launched, whoever replaces it, epoch milliseconds; undefined where none is known. */
export function oldestLaunchOf(observations: readonly Observation[]): number | undefined {
  const launches = observations.flatMap(({ view }) => ('nodes' in view ? launchesOf(view) : []));
  return launches.length === 0 ? undefined : launches.reduce((first, each) => Math.min(first, each));
}

const launchesOf = ({ nodes = [] }: Pick<NodeGroupView, 'nodes'>): number[] =>
  nodes.flatMap(({ launchedAt }) => launchedAt ?? []);
