import { counted } from '../shared/text/counted.ts';
import type { ClassView, PoolView } from './node-class.ts';

/** How many pools a message names. */
export const MOST_NAMED = 5;

/** The drift of each pool, and how long its nodes live at most, as sentences after others. */
export function poolsIn(pools: readonly PoolView[]): string {
  const named = pools
    .slice(0, MOST_NAMED)
    .map(({ name, nodes, drifted, expireAfter, podsEndAfter, driftUnbounded }) => {
      const bar = expireAfter === 'Never' ? 'and no node expires' : `and each node ends after ${expireAfter} anyway`;
      return ` Pool ${name} has ${counted(nodes, 'node')}, of which ${drifted} drifted, ${bar}.${nodes > 1 ? unboundedInWords(driftUnbounded) : ''}${podsInWords(podsEndAfter)}`;
    });
  const more = pools.length - named.length;
  return `${named.join('')}${more > 0 ? ` ${counted(more, 'more pool')} use it.` : ''}`;
}

/** That Karpenter may replace all drifted nodes of a pool at once, as a sentence after others; empty where it may not. */
function unboundedInWords(unbounded: PoolView['driftUnbounded']): string {
  if (unbounded === undefined) return '';
  const when = unbounded === 'always' ? '' : ' outside of the schedules of its budgets';
  return ` No disruption budget bounds how many of them Karpenter replaces at a time${when}.`;
}

/** That pods do not hold a node up for ever, as a sentence after others (aws/karpenter-provider-aws#7708). */
const podsInWords = (after: PoolView['podsEndAfter']): string =>
  after === undefined
    ? ''
    : ` Pods end with it after ${after} at the latest (terminationGracePeriod), whatever their budgets or karpenter.sh/do-not-disrupt say.`;

/** The pools of a class, as a detail of its record. */
export const poolsOf = ({ pools }: ClassView) =>
  pools.slice(0, 20).map((pool) => ({ ...pool, budgets: [...pool.budgets] }));

/** The change of a class as a patch to commit, in YAML: what is not in it stays. */
export const proposedPatch = (name: string, alias: string): string =>
  [
    'apiVersion: karpenter.k8s.aws/v1',
    'kind: EC2NodeClass',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    '  amiSelectorTerms:',
    `    - alias: ${alias}`,
    '',
  ].join('\n');
