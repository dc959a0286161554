import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { codeOf } from '../../shared/runtime/aws-error.ts';
import { type Ended, idleMemory, say } from '../model/decision.ts';
import { meetUnknown, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from '../model/obstacles.ts';

/**
 * The decision where an AWS call fails while a decision is carried out: nothing of that decision holds. All that was
 * saved last stays, also an approval and an upgrade that may have begun, so that the next look comes to the same end. A
 * place on the waitlist holds from the next look on, so that a node group that fails at each look holds up no other
 * meanwhile.
 */
export function failing(error: Error, saved: NodeGroupState, now: number): Ended {
  const code = codeOf(error);
  const { upgrade, foreign, proposal, turn, progress, nextObstacle } = saved;
  const obstacle = meetUnknown(saved.obstacle, `failing ${code}`, now, UNREADABLE);
  const memory = {
    ...idleMemory(saved),
    ...(upgrade !== undefined && { upgrade }),
    ...(foreign !== undefined && { foreign }),
    ...(nextObstacle !== undefined && { nextObstacle }),
    obstacle,
  };
  return {
    decision: {
      ...say('failed', 'unreadable', `${code}: ${error.message}`, memory, `failing ${code}`),
      ...(now - obstacle.since < SLOWNESS_IS_TOLD_AFTER && { isSilent: true }),
      ...(proposal !== undefined && { proposal }),
      // A node group whose upgrade has begun holds a slot, and waits for none.
      ...(upgrade === undefined &&
        turn !== undefined && { turn: { ...turn, mayStartAt: Math.max(turn.mayStartAt, obstacle.until) } }),
      ...(progress !== undefined && { progress }),
      wakeAt: obstacle.until,
    },
    calls: [],
    saved,
  };
}
