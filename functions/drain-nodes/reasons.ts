import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

const RETENTION_ENDS =
  'Loosen the disruption budget, or give its workload another replica elsewhere. A retained node costs until it ends (drains.retained).';

/** What `drain-nodes` says. */
export const DRAIN_REASONS = {
  'would-make-hook': {
    meaning:
      'In mode enforce the group would get a lifecycle hook on terminations, and its nodes would be drained before they end.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
  },
  'hook-made': {
    meaning: 'The group got a lifecycle hook on terminations. From now on its nodes are drained before they end.',
    hint: `To undo it: ${OPERATOR_COMMAND} reject RESOURCE --why "…".`,
    rejectUndoes: true,
  },
  'hook-stands': {
    meaning: 'The lifecycle hook on terminations stands, as the policy has it.',
    rejectUndoes: true,
  },
  'hook-in-use': { meaning: 'The hook is removed once no node of the group waits for it.', rejectUndoes: true },
  'hook-removed': {
    meaning:
      'The hook was removed, with the retention set beside it: an operator or the policy wants no drains any more, or the group opted out. Nodes of the group end without being drained, as before.',
  },
  'hook-refused': {
    meaning: 'AWS refused to make, change or remove the lifecycle hook, or to have the group retain nodes.',
    hint: 'Read the error in the message. The usual cause is that the setting drainRights is off.',
  },
  'cannot-drain': {
    meaning: 'The group gets no lifecycle hook, because its nodes could not be drained. The message says why.',
    hint: 'Without access to the cluster: docs/kubernetes-access.md. Beside hooks of others: drains.otherHooks of the policy.',
  },
  'drain-in-doubt': {
    meaning:
      'The Kubernetes API of the cluster did not answer as usual, so nobody knows now whether nodes of the group can be drained, or what is left of a drain. A hook that stands stays, a node that waits for it waits on, and both are looked at again within minutes.',
    hint: 'One failed call passes by itself. The group is refused (cannot-drain) once the cluster has been closed for an hour, or has refused twice. A node counts as not drained (drain-obstructed) after a quarter of an hour.',
  },
  'node-draining': {
    meaning:
      'A node that Auto Scaling ends is cordoned, and its pods are evicted as their disruption budgets allow. The message names those that are held.',
  },
  'node-drained': { meaning: 'No pod is left that could run elsewhere. Auto Scaling goes on and ends the node.' },
  'node-let-go': {
    meaning: 'Auto Scaling goes on and ends the node at once, as if there were no hook. The message says why.',
  },
  'node-ended': { meaning: 'The node has left its group.' },
  'node-returned': {
    meaning:
      'The node serves again, with a new root volume, or rests in the warm pool of its group until it does. It is given back to the scheduler as it was before.',
  },
  'node-retained': {
    meaning:
      'Disruption budgets held pods until the deadline. The node is kept alive, outside of its group’s capacity.',
    hint: RETENTION_ENDS,
  },
  'drain-given-up': {
    meaning: 'Pods were held until the deadline, and the policy lets the node end with them. The message names them.',
    hint: RETENTION_ENDS,
  },
  'would-end-ahead': {
    meaning:
      'EC2 has scheduled an event for the node, such as its retirement. With drains.scheduledEvents.mode enforce it would be drained and replaced before that.',
    hint: 'Without that, Auto Scaling replaces the node once the event has stopped it, and its pods end undrained.',
  },
  'ended-ahead': {
    meaning:
      'EC2 has scheduled an event for the node, such as its retirement. Auto Scaling ends and replaces it ahead, and it is drained before it goes.',
  },
  'ahead-waits': {
    meaning:
      'The node is ended ahead of an event that EC2 has scheduled, once a change window is open and no other node of its group begins or ends.',
  },
  'cannot-end-ahead': {
    meaning:
      'EC2 has scheduled an event for the node, and the node is not ended ahead of it. The message says why. Auto Scaling replaces it once the event has stopped it.',
    hint: 'Give its group the hook that drains nodes (drains.mode), or resume the suspended processes.',
  },
  'events-unread': {
    meaning:
      'EC2 does not show which events are scheduled for instances, such as retirements. No node is ended ahead of one, and what is under way for one waits. All other drains go on.',
    hint: 'Read the error in the message. Where access is denied, give drain-nodes ec2:DescribeInstanceStatus. Other errors mostly end by themselves.',
  },
  'events-shown': { meaning: 'EC2 shows scheduled events again.' },
  'event-over': { meaning: 'EC2 shows no scheduled event of the node any more.' },
  'drain-obstructed': {
    meaning:
      'The node could not be drained: something was refused, or has failed for a quarter of an hour. The message says what. It is tried again until the deadline.',
    hint: 'The usual cause is missing access to the cluster: docs/kubernetes-access.md.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof DRAIN_REASONS;
