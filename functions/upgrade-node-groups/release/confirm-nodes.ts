import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { type Decision, type Memory, say } from '../model/decision.ts';
import { spreadInWords, spreadOf } from '../model/nodes.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from '../model/obstacles.ts';

/**
 * Checks that all nodes in service run the release that the node group names. An update that failed or was cancelled
 * half-way may leave nodes of an older release, and a node returns from standby with its old release.
 *
 * @param memory what to save while nobody knows what the nodes run
 * @returns undefined if all nodes run the release; otherwise the decision to use instead of `done`
 */
export function confirmNodes(
  view: NodeGroupView,
  state: Pick<NodeGroupState, 'obstacle'>,
  memory: Memory,
  now: number,
): Decision | undefined {
  const { nodes, releaseVersion, version } = view;
  const spread = nodes && spreadOf(nodes, releaseVersion, version);
  if (spread !== undefined && spread.others.length > 0) {
    const others = spread.others.map(([name]) => name).sort();
    const { obstacle: _, upgrade: __, ...idle } = memory;
    const words = spreadInWords(spread, releaseVersion);
    return {
      ...say('refused', 'nodes-differ', words, idle, [releaseVersion, ...others].join(' ')),
      releaseVersion,
      details: { nodes: spread.total, onRelease: spread.onRelease },
    };
  }
  if (spread !== undefined && spread.unknown === 0) return undefined;
  const obstacle = meet(state.obstacle, 'nodes-unknown', now, UNREADABLE);
  const message =
    spread === undefined
      ? `The AMIs of its nodes cannot be read. Whether all of them run ${releaseVersion} is not known.`
      : spreadInWords(spread, releaseVersion);
  return {
    ...say('failed', 'unreadable', message, { ...memory, obstacle }, 'nodes-unknown'),
    ...(now - obstacle.since < SLOWNESS_IS_TOLD_AFTER && { isSilent: true }),
    wakeAt: obstacle.until,
  };
}
