import type { ReasonEntry } from '../records/reason-entry.ts';
import { OPERATOR_COMMAND } from '../text/operator-command.ts';

/** Reasons of functions that move groups to releases: waves, gates and breakers keep the groups from moving. */
export const ROLLOUT_REASONS = {
  'alarm-gate-closed': {
    meaning:
      'A CloudWatch alarm that the policy names (upgrades.gates.alarms) is in ALARM, or has too little data. No upgrade, refresh or pin starts before it is OK.',
    hint: 'Cure what the alarm reports. If it mostly has no data, name another alarm, or set upgrades.gates.insufficientData to open.',
  },
  'calendar-gate-closed': {
    meaning: 'An SSM Change Calendar that the policy names (upgrades.gates.calendars) is closed.',
    hint: 'Nothing to do: it is looked at again when the calendar opens.',
  },
  'gate-unreadable': {
    meaning:
      'An alarm or a change calendar that the policy names does not exist or cannot be read, or nodes and pods cannot be read (upgrades.gates.nodesAndPods). It counts as closed.',
    hint: `Compare the names in the policy (${OPERATOR_COMMAND} policy show) with those in the account: aws cloudwatch describe-alarms --region REGION --alarm-names NAME --alarm-types MetricAlarm CompositeAlarm LogAlarm, and aws ssm get-calendar-state --region REGION --calendar-names NAME.`,
  },
  'workload-gate-closed': {
    meaning:
      'Nodes are not Ready or pods are pending that were not when the release was first seen, or the replacement of workers was ordered (upgrades.gates.nodesAndPods). They are in the cluster, or in one where an earlier wave has taken the release.',
    hint: 'The message names them. Cure them, or cordon a node that should not count. The gate is read again by itself.',
  },
  'earlier-wave': {
    meaning:
      'An earlier wave (upgrades.waves) has not taken the release, or has not run it for as long as the policy asks (upgrades.bakeBetween). Or the first node group of the release goes alone. Where workers are replaced with the AMI that they run, such replacements in an earlier wave have not ended.',
    hint: 'The message names the node groups that it waits for. Ask explain about one of these to see why it waits. To wait for one no longer, let it opt out by its tag, or give it a later wave.',
  },
  'wave-stopped': {
    meaning:
      'The release failed in an earlier wave, or a node group is unhealthy with it. No later wave takes it until that is cured. A newer release starts anew.',
    hint: 'Cure the node groups that the message names. The rollout then continues by itself.',
  },
  'breaker-tripped': {
    meaning:
      'As many node groups have failed as the policy allows for the release, the wave, the cluster or the fleet (upgrades.breaker), this one among them. Nothing new starts there; what runs is followed.',
    hint: `Cure what the message names, then have it forgotten: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…", with any node group that the breaker holds. A newer release lifts the breaker of a release by itself.`,
    // The function starts nothing more until somebody acts.
    severity: 'high',
  },
  'held-by-breaker': {
    meaning:
      'The upgrade or refresh could start, and a breaker has tripped: too many other node groups have failed to move to the release, or in the wave, the cluster or the fleet (upgrades.breaker).',
    hint: `Cure what the message names, then have it forgotten: ${OPERATOR_COMMAND} resume CLUSTER/NODEGROUP --why "…", with any node group that the breaker holds. A newer release lifts the breaker of a release by itself.`,
    // One breaker is one incident, as with breaker-tripped.
    severity: 'high',
  },
} as const satisfies Record<string, ReasonEntry>;
