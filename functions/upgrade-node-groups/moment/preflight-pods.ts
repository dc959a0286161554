import type { Budget, EvictablePod } from '../../shared/kubernetes/disruptions.ts';
import { counted } from '../../shared/text/counted.ts';
import { type Hold, holdsOf, isAlive, leavingFrom, RETURNING, sentenceOf, thoseWith } from '../model/pod-holds.ts';
import type { Obstruction, Preflight } from '../model/preflight.ts';

/** What tried evictions have shown, by what forbids them (`Hold.what`). */
export interface Tried {
  readonly answers: ReadonlyMap<string, 'blocked' | 'evicted'>;
  /** How many holds were not tried, so that one look does not ask too much. */
  readonly untried: number;
  /** Why an eviction could not be tried. */
  readonly failed?: string;
}

const NOTHING_TRIED: Tried = { answers: new Map(), untried: 0 };

/**
 * What keeps the pods of some nodes from being evicted; a pure function. EKS gives up an update when a pod has not left
 * within 15 minutes (`PodEvictionFailure`). The answer to a tried eviction decides. Without an answer, whatever surely
 * forbids an eviction blocks.
 *
 * @param pods of the whole cluster: replicas count wherever they run
 * @param nodeNames the nodes of the node group
 */
export function evictionsFrom(
  nodeNames: ReadonlySet<string>,
  pods: readonly EvictablePod[],
  budgets: readonly Budget[],
  { answers, untried, failed }: Tried = NOTHING_TRIED,
): Preflight {
  const leaving = leavingFrom(nodeNames, pods);
  const blockers: Obstruction[] = [];
  const warnings: string[] = [];
  for (const hold of holdsOf(leaving, budgets)) {
    const answer = answers.get(hold.what);
    const why = sentenceOf(hold);
    if (answer === 'blocked')
      blockers.push({ kind: 'eviction', why: `${why} (a dry run confirms it)`, which: hold.what });
    else if (answer === 'evicted') warnings.push(`${why} (but a dry run was let through)`);
    else if (hold.isSure) blockers.push({ kind: 'eviction', why, which: hold.what });
    else warnings.push(why);
  }
  if (untried > 0) warnings.push(`evictions by ${counted(untried, 'more budget')} were not tried`);
  if (failed !== undefined) warnings.push(`evictions could not be tried (${failed})`);
  return { blockers, warnings: [...warnings, ...losses(leaving, pods)] };
}

/** What an eviction costs, though it goes through. */
function losses(leaving: readonly EvictablePod[], pods: readonly EvictablePod[]): string[] {
  const replicas = Map.groupBy(pods.filter(isAlive), ownerOf);
  return thoseWith(leaving, [
    ['without a controller, which nothing creates again', ({ owner }) => owner === undefined],
    [
      'without another pod of the same controller',
      (pod) => pod.owner !== undefined && replicas.get(ownerOf(pod))?.length === 1,
    ],
    ['with local data, which is lost', ({ hasLocalData }) => hasLocalData],
    RETURNING,
  ]);
}

/** The controller that creates a pod again, or the pod itself. */
const ownerOf = ({ namespace, name, owner = `Pod ${name}` }: EvictablePod): string => `${namespace} ${owner}`;

/** How many evictions are tried in one look at one node group. */
const TRIED_AT_MOST = 20;

/**
 * Chooses the pods whose eviction is tried: one for each hold, since the budgets of its pods are the same. Doubtful
 * holds come first: the answer decides about them. Pods that no hold names are not asked about: dry runs do not count
 * each other, so they prove nothing about the pods that would go.
 */
export function toBeTried(
  nodeNames: ReadonlySet<string>,
  pods: readonly EvictablePod[],
  budgets: readonly Budget[],
): { readonly chosen: ReadonlyArray<{ readonly what: string; readonly pod: EvictablePod }>; readonly untried: number } {
  const holds = holdsOf(leavingFrom(nodeNames, pods), budgets);
  const doubtfulFirst = (a: Hold, b: Hold) => Number(a.isSure) - Number(b.isSure);
  const firsts = holds
    .toSorted(doubtfulFirst)
    .flatMap(({ what, pods: [pod] }) => (pod === undefined ? [] : { what, pod }));
  return { chosen: firsts.slice(0, TRIED_AT_MOST), untried: Math.max(0, firsts.length - TRIED_AT_MOST) };
}
