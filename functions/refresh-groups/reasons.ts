import { OPERATED_REASON } from '../shared/fleet/group-reasons.ts';
import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { ROLLOUT_REASONS } from '../shared/rollouts/rollout-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** Reasons of records by `refresh-groups`. */
export const REFRESH_REASONS = {
  ...OPERATED_REASON,
  ...ROLLOUT_REASONS,
  'refresh-started': {
    meaning:
      'A new version of the launch template names the wanted AMI, and an instance refresh brings the group to it. Auto Scaling rolls it back if it fails.',
    rejectUndoes: true,
  },
  'would-refresh': {
    meaning: 'In mode enforce the group would be moved to the wanted AMI by an instance refresh.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve CLUSTER/NODEGROUP --why "…".`,
  },
  'refresh-under-way': {
    meaning: 'The instance refresh of the group runs, pauses at a checkpoint, or bakes.',
    rejectUndoes: true,
  },
  'group-refreshed': {
    meaning: 'A fresh read shows that every worker in service of the group runs the wanted AMI.',
    rejectUndoes: true,
  },
  'refresh-incomplete': {
    meaning: 'The instance refresh ended as successful, and some workers in service still run another AMI.',
    hint: 'Auto Scaling leaves out what is protected from scale-in: lift that, or replace these workers yourself.',
  },
  'refresh-failed': {
    meaning:
      'The instance refresh failed. The message says what Auto Scaling gives as the reason, and whether it was rolled back.',
    hint: 'The message has the reason that Auto Scaling gives. If new nodes did not come up, look at the scaling activities of the group; if an alarm rang, at what the new AMI changes. The same AMI is not tried again until somebody resumes it.',
  },
  'refresh-nodes-absent': {
    meaning:
      'No worker that the refresh has brought has joined the cluster within twenty minutes, as EKS’s tag on instances says, and those before it had. Auto Scaling calls such workers healthy. A refresh that is under way is rolled back; one that has ended is not repeated, and no later wave takes the AMI.',
    hint: `Look on such a worker at the log of its kubelet and at its user data: the AMI may need another one. To go back after the refresh has ended: ${OPERATOR_COMMAND} undo RESOURCE --why "…".`,
    severity: 'high',
  },
  'refresh-cancelled': {
    meaning: 'Somebody cancelled the instance refresh: what it had replaced stays. It is not begun again by itself.',
    hint: `To go on: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…".`,
  },
  'refresh-halted': {
    meaning: 'A refresh to this AMI has failed, or was cancelled: no further one is begun.',
    hint: `Cure the cause that the record before names (refresh-failed, refresh-refused or refresh-cancelled), then: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…".`,
  },
  'refresh-refused': {
    meaning: 'AWS refused to make the template version or to start or roll back the instance refresh.',
    hint: 'Read the error in the message. If access is denied, the setting refreshRights is off, or what the template names may not be launched. If an alarm is not there, correct refreshes.alarms.',
  },
  'refresh-undoing': {
    meaning: 'An operator had it undone: the group goes back to its former template version.',
  },
  'refresh-undone': { meaning: 'The group is back on its former template version.' },
  'foreign-refresh': {
    meaning: "Somebody else's instance refresh of the group is active: it is left alone until that has ended.",
  },
  'refresh-stuck': {
    meaning:
      'The instance refresh has replaced nothing for hours, or that of somebody else has lasted for more than a day. The message says which, and since when. Auto Scaling ends a refresh after 14 days.',
    hint: 'Look at it, and at what the group does: aws autoscaling describe-instance-refreshes and describe-scaling-activities, with --auto-scaling-group-name. Causes are a lifecycle hook that nobody completes, suspended processes, or no capacity. To end it: aws autoscaling cancel-instance-refresh.',
  },
  'image-unclear': {
    meaning:
      'The policy names no AMI that the group may move to, or the present one is unknown, or not launched any more, so that a refresh could not be rolled back. The message says why.',
    hint: 'Correct refreshes.wanted; an AMI must be of the same owner, architecture, operating system and accelerator, and newer.',
  },
  'image-baking': { meaning: 'The wanted AMI was not named for long enough yet (refreshes.bakeAge).' },
  'refresh-outside-window': { meaning: 'No change window of refreshes.windows is open.' },
  'refresh-waits-for-quarantine': { meaning: 'A worker of the group is in quarantine: the refresh waits for its end.' },
  'refresh-waits-for-slot': { meaning: 'As many groups as refreshes.concurrency allows are being refreshed.' },
  'template-followed': {
    meaning:
      'Other Auto Scaling groups launch from the latest version of the same launch template. A new version would come to them at once, without bake time, window or approval.',
    hint: 'Give these groups a number instead of $Latest (aws autoscaling update-auto-scaling-group), or this group a launch template of its own.',
    severity: 'low',
  },
  'template-is-code': {
    meaning:
      'The launch template is managed as code, or nobody said that it may be changed. The message says the change; no approval makes it.',
    hint: 'Put the AMI of the message where the template is written. Where no code manages it, set refreshes.templates to change. Where only hosts are to be replaced, start an instance refresh yourself.',
  },
  'group-pinned': {
    meaning:
      'The group used $Latest or $Default of its launch template. It is pinned to the number of that version, so that a refresh can be rolled back. No instance is replaced by that; a tool that keeps the group as code sees the change.',
  },
  'group-set-back': {
    meaning:
      'A refresh brought the group to the wanted AMI, and somebody has set the group back to the former one, by a version of its launch template. Whatever it launches has the former AMI. No further refresh is begun, since each would be undone.',
    hint: 'Find out who sets the group back: CloudTrail has UpdateAutoScalingGroup. Put the AMI where the group and its template are written, or have the group use the newer version of the message. From then on newer AMIs come to it again.',
    severity: 'low',
  },
  'group-floats': {
    meaning:
      'The group uses $Latest or $Default of its launch template: a new version would be launched at once, and nothing could be rolled back.',
    hint: 'Pin the group to the number of its version, in its code, too. Where refreshes.floating is pin, it is pinned for you, once.',
  },
  'group-has-launch-configuration': {
    meaning: 'The group uses a launch configuration, which no instance refresh can move to another AMI and back.',
    hint: 'Move the group to a launch template.',
  },
  'group-cannot-surge': {
    meaning:
      'The group launches into a Capacity Block, which has a fixed number of instances, and the policy has new workers launched before old ones go.',
    hint: 'In an override for the group, set refreshes.maxHealthyPercentage to 100, and minHealthyPercentage so low that a worker can go first. Or scale the group to zero.',
  },
  'group-is-mixed': {
    meaning:
      'The group has a mixed instances policy: its overrides may name templates and AMIs of their own, and attribute-based selection allows no rollback.',
    hint: 'Refresh it yourself: its policy must name the new version in each place.',
  },
  'image-is-parameter': {
    meaning:
      'The launch template names its AMI by a parameter: moving that is the business of its owner, and a refresh could not be rolled back.',
    hint: 'Move the parameter, then start an instance refresh without skip matching.',
  },
  'group-suspended': {
    meaning: 'Processes of the Auto Scaling group that a refresh needs are suspended.',
    hint: 'Resume them, or leave the group as it is.',
  },
  'group-gone': {
    meaning: 'Auto Scaling has not shown the group for ten minutes. What was known of a refresh of it is forgotten.',
  },
  'group-shared': {
    meaning:
      "Workers that are not proven to be this cluster's, or that opted out, are in the group: a refresh would replace them.",
    hint: 'Take them out of the group, or remove the opt-out.',
  },
  'drains-in-doubt': {
    meaning:
      'Only drain-nodes drains the nodes of the group, and its last look is more than 90 minutes old, or did not get an answer from the cluster. The refresh begins once a look finds that nodes can be drained.',
    hint: 'The records of drain-nodes about the group say more. A look comes with each sweep.',
  },
  'nobody-drains': {
    meaning:
      'Nobody drains the nodes of the group by a lifecycle hook on terminations, so a refresh would end pods without regard to their budgets. The hook of drain-nodes counts only where drain-nodes can drain the group.',
    hint: 'Have drain-nodes (mode drains) or a termination handler drain nodes by a lifecycle hook, or set refreshes.undrained to go.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof REFRESH_REASONS;
