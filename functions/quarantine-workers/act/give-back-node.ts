import { isKubernetesAccessError, PASSING_PROBLEMS } from '../../shared/kubernetes/access-error.ts';
import { EXCLUDE_LABEL } from '../../shared/kubernetes/evictable.ts';
import type { Losses } from '../model/losses.ts';
import { DO_NOT_DISRUPT, KEEP_ANNOTATIONS, QUARANTINE_TAINT, stateOf } from '../steps/node.ts';
import type { StepSubject } from '../steps/step.ts';
import { keepsMarkUntil } from './karpenter.ts';

/** How long a release waits for a cluster, ms. By then somebody has to see to it. */
const WAITS_FOR = 6 * 3_600_000;

/**
 * Restores the worker's node. That of Karpenter keeps its mark until Karpenter has seen its former security groups. A
 * cluster that does not do it just now is asked again for some hours, since nobody else would let pods onto the node.
 */
export async function giveBackNode(subject: StepSubject, losses: Losses): Promise<void> {
  const { clients, instanceId, view, quarantine, now } = subject;
  const { saved, found } = quarantine;
  if (saved.node === undefined && found === undefined) return;
  const what = (why: string) => `the state of node ${saved.node?.name ?? ''} (${why})`;
  const lose = (why: string) => losses.lost.set('node', what(why));
  const since = quarantine.nodeAwaitedSince ?? now;
  const awaitOrLose = (why: string, mayPass: boolean): void => {
    if (saved.node !== undefined && mayPass && now < since + WAITS_FOR) losses.nodeAwaited = { since, what: what(why) };
    else lose(why);
  };
  try {
    const opened = await clients.openCluster(view.cluster);
    if ('refused' in opened) return void awaitOrLose(opened.refused, opened.mayPass === true);
    const present = saved.node === undefined ? await opened.findNode(instanceId, view.privateDnsName) : undefined;
    const node = saved.node ?? (present && stateOf(present));
    if (node === undefined) return;
    // Where nobody remembers what the node was like, its mark is of the quarantine if its taint shows that there was one.
    const isOurs = present === undefined || present.annotations[DO_NOT_DISRUPT] === 'true';
    const until = isOurs && node.annotations?.[DO_NOT_DISRUPT] !== 'true' ? keepsMarkUntil(subject) : undefined;
    const label = { key: EXCLUDE_LABEL.key, value: node.label };
    const former = Object.fromEntries(Object.keys(KEEP_ANNOTATIONS).map((key) => [key, node.annotations?.[key]]));
    const annotations = until === undefined ? former : { ...former, [DO_NOT_DISRUPT]: 'true' };
    const change = { unschedulable: node.unschedulable, taintKey: QUARANTINE_TAINT.key, label, annotations };
    if ((await opened.restoreNode(node.name, change)) === 'gone') lose('the node is gone');
    else if (until !== undefined) losses.markedUntil = until;
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    // It was reached when the node was cordoned.
    awaitOrLose(error.message, PASSING_PROBLEMS.has(error.problem));
  }
}
