import { endOfLife } from '../shared/releases/end-of-life.ts';
import { type Decision, say } from './decision.ts';
import type { ClassView } from './node-class.ts';
import { poolsIn } from './tell-pools.ts';

/**
 * Decides about a class whose AMI terms are left alone: up to its owner, or of a family that is not pinned here. People
 * are told of one whose nodes get no AMIs any more: it stays where it is, and follows no control plane beyond the last
 * Kubernetes version of its family. Undefined where the alias can be pinned.
 *
 * @param now epoch milliseconds
 */
export function leftAlone({ selection, pairs, pools }: ClassView, now: number): Decision | undefined {
  const inPools = poolsIn(pools);
  if (selection.kind === 'custom') {
    return say('skipped', 'ami-terms-custom', `It selects AMIs by id, name, tags or parameter.${inPools}`);
  }
  if (selection.kind !== 'other-alias') return undefined;
  const { alias } = selection;
  const [{ kubernetesVersion = '' } = {}] = pairs;
  const ended = alias.startsWith('al2@')
    ? endOfLife({ amiType: 'AL2_x86_64', kubernetesVersion }, undefined, now)
    : undefined;
  if (ended === undefined || pools.every(({ nodes }) => nodes === 0)) {
    return say('skipped', 'ami-alias-left-alone', `Its alias is ${alias}.${inPools}`, alias);
  }
  const move = `Give it an alias of al2023 or bottlerocket, with user data that fits it: Karpenter then replaces the nodes.`;
  return say('refused', 'ami-alias-ended', `Its alias is ${alias}. ${ended.what} ${move}${inPools}`, alias);
}
