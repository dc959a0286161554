import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { inShell } from '../../shared/text/in-shell.ts';
import { type Decision, type Memory, say } from '../model/decision.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { launchedBefore } from '../model/replacement.ts';

/** How many nodes a record names by their ids. */
const MOST = 100;

/** A request to EKS that has left nodes that it meant. */
interface Tried {
  readonly key: NodeGroupKey;
  readonly view: NodeGroupView;
  /** The nodes that were launched before this time were meant, epoch milliseconds. */
  readonly replaces: number;
  /** EKS's words, where it has refused the request. */
  readonly because?: string;
}

/**
 * Decides where EKS was asked once to replace nodes with the release that they run, and nodes from before still run. AWS
 * does not document whether EKS replaces nodes then: an update ends when no node has the earlier version of EKS's
 * launch template (EKS user guide, "Understand each phase of node updates"). So nothing is asked again, and people get
 * the ways that surely replace nodes.
 */
export function notReplaced({ key, view, replaces, because }: Tried, memory: Memory): Decision {
  const { releaseVersion, nodes = [] } = view;
  const left = launchedBefore(nodes, replaces);
  const { upgrade: _, ...idle } = memory;
  const asked =
    because === undefined
      ? `EKS was asked once to replace them with the release ${releaseVersion} that they run`
      : `EKS does not replace them with the release ${releaseVersion} that they run (${because})`;
  const ids = left.flatMap(({ instanceId }) => instanceId ?? []);
  return {
    ...say(
      'refused',
      'nodes-not-replaced',
      `${left.length} of ${counted(nodes.length, 'node')} ${left.length === 1 ? 'was' : 'were'} launched before ${iso(replaces)}, and must be replaced. ${asked}, and is not asked again. The next newer release replaces them. Before that, ${insteadOf(key, view)}`,
      idle,
      `${releaseVersion} ${replaces}`,
    ),
    releaseVersion,
    replacementTried: replaces,
    details: { nodes: nodes.length, left: left.length, ...(ids.length > 0 && { instanceIds: ids.slice(0, MOST) }) },
  };
}

/**
 * What surely replaces the nodes. EKS replaces all nodes for another version of the launch template (EKS user guide,
 * "Customize managed nodes with launch templates"), and drains a node that Auto Scaling ends (EKS API reference,
 * UpdateNodegroupVersion).
 */
function insteadOf({ cluster, nodegroup }: NodeGroupKey, { launchTemplate }: NodeGroupView): string {
  if (launchTemplate === undefined) {
    return 'end these nodes one after the other, each once the one before is replaced: aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ID.';
  }
  const { id, version } = launchTemplate;
  const named = `--cluster-name ${inShell(cluster)} --nodegroup-name ${inShell(nodegroup)}`;
  return `make another version like ${version} of its launch template ${id} where that is kept, and have the node group use it: aws eks update-nodegroup-version ${named} --launch-template id=${id},version=VERSION.`;
}

/** Decides once EKS reports success for an update to the release that the nodes ran: only their launches tell. */
export function afterReplacement(
  replaces: number,
  { key, view, former }: { readonly key: NodeGroupKey; readonly view: NodeGroupView; readonly former: Memory },
  ended: Decision,
): Decision {
  if (ended.memory.upgrade !== undefined) return ended;
  const { wakeAt } = ended;
  if (launchedBefore(view.nodes, replaces).length > 0) {
    // A newer release, which would replace them, may have come meanwhile.
    return { ...notReplaced({ key, view, replaces }, former), ...(wakeAt !== undefined && { wakeAt }) };
  }
  const message = `${ended.message} Every node was launched since ${iso(replaces)}.`;
  return { ...ended, replacementTried: replaces, ...(ended.reason === 'upgraded' && { message }) };
}
