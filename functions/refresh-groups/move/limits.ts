import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { Told } from '../../shared/records/decision.ts';
import { counted } from '../../shared/text/counted.ts';
import { type Circumstances, say } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/**
 * Refuses a further refresh to an AMI while a failed one is not forgiven: an operator's `resume` forgives all so far.
 */
export function haltedAt({ failures }: RefreshState, target: string): Told<Reason> | undefined {
  const failed = failures?.target === target ? failures.count - failures.resumed : 0;
  if (failed === 0) return undefined;
  const message = `${counted(failed, 'refresh', 'refreshes')} to ${target} failed or was cancelled; no further one is begun.`;
  return say('refused', 'refresh-halted', message, `${target} ${failures?.count}`);
}

/** A sentence that names the groups in progress, where the limits leave no room for another one. */
export function whyNoRoom(
  { key }: Pick<Observation, 'key'>,
  { underWay }: Pick<Circumstances, 'underWay'>,
  { perCluster, perAccount }: Policy['refreshes']['concurrency'],
): string | undefined {
  const others = [...underWay].filter((each) => each !== subjectOf(key));
  const here = others.filter((each) => each.startsWith(`${key.cluster}/`));
  if (here.length >= perCluster)
    return `The cluster has room for ${perCluster} at a time; under way: ${here.slice(0, 3).join(', ')}.`;
  if (others.length < perAccount) return undefined;
  return `The account has room for ${perAccount} at a time; under way: ${others.slice(0, 3).join(', ')}.`;
}
