import { QUARANTINE_TAG } from '../../functions/shared/fleet/scope.ts';
import type { AutoScalingGroup, Member } from '../../sandbox/account/auto-scaling/group.ts';
import type { CallRecord } from '../../sandbox/account/service.ts';
import { NEXT_IMAGE } from '../scenario/parts/control-planes.ts';
import { DRAINED_WITHIN, RETAINED_FOR, WANTED_IMAGE } from '../scenario/parts/self-managed.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { type Day, type Invariant, isChange } from './invariant.ts';
import { templateImageOf } from './moved-to.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** How late the simulation may see a node wait for its hook. It looks at each call and four times an hour. */
const SEEN_WITHIN_MS = 15 * MINUTE_MS;
/** How long a retained node may outstay its time once a sweep has seen it: failed attempts take time. */
const ENDED_WITHIN_MS = 60 * MINUTE_MS;

/** Refreshes keep their budget and lead to the wanted AMI. Nodes are drained before they end. */
export function selfManaged(day: Day): Invariant {
  const { account } = day.run;
  const { autoScalingGroups } = account.fleet;
  const { selfManaged: drawn } = day.scenario;
  if (drawn === undefined) return {};
  /** When a member was first seen in a lifecycle state, by instance and state, epoch ms. */
  const since = new Map<string, number>();
  /** What was last seen of nodes that wait for a hook, by instance: the pods on them, and since when they wait. */
  const waiting = new Map<string, { readonly since: number; readonly pods: number }>();

  /** Whether the policy ever names an AMI. When it does so for the next Kubernetes version, others watch. */
  const isWanted = (imageId: string | undefined): boolean =>
    imageId === WANTED_IMAGE || (day.scenario.controlPlanes !== undefined && imageId === NEXT_IMAGE);

  const names = new Set(drawn.groups.map(({ cluster, name }) => `${cluster}-${name}`));
  const groups = (): AutoScalingGroup[] => autoScalingGroups.list().filter(({ name }) => names.has(name));
  const clusterOf = ({ name }: AutoScalingGroup): string =>
    drawn.groups.find((one) => `${one.cluster}-${one.name}` === name)?.cluster ?? '';
  const placeIn = ({ instance, lifecycleState }: Member): string => `${instance.id} ${lifecycleState}`;

  let lookedAt = 0;
  const look = (): void => {
    lookedAt = account.time.now;
    for (const group of groups()) {
      for (const member of group.members.values()) {
        if (!since.has(placeIn(member))) since.set(placeIn(member), account.time.now);
        if (!member.lifecycleState.endsWith('Terminating:Wait')) continue;
        waiting.set(member.instance.id, {
          since: since.get(placeIn(member)) ?? account.time.now,
          // The kubelet of a node in quarantine answers nobody, so that no pod's end is confirmed.
          pods: member.instance.tags.has(QUARANTINE_TAG) ? 0 : podsOn(group, member),
        });
      }
    }
  };

  const checkRefresh = (call: CallRecord): void => {
    const refreshed = groups().filter(({ isLocked }) => isLocked === true);
    const { perAccount, perCluster } = drawn.refreshes.concurrency;
    if (refreshed.length > perAccount) day.breach('budget', `${refreshed.length} groups are refreshed at once`);
    for (const [cluster, ofCluster] of Map.groupBy(refreshed, clusterOf)) {
      if (ofCluster.length > perCluster) {
        day.breach('budget', `${ofCluster.length} groups of ${cluster} are refreshed at once`);
      }
    }
    const image = templateImageOf(day, call);
    if (!isWanted(image)) day.breach('no AMI but the wanted one', `${call.input.AutoScalingGroupName} gets ${image}`);
  };

  const podsOn = (group: AutoScalingGroup, { instance }: Member): number =>
    account.kubernetes.countPods(clusterOf(group), instance.privateDnsName);

  /** Nobody ends a node while pods are on it that could run elsewhere, before its time is over. */
  const checkDrained = ({ input, operation }: CallRecord): void => {
    if (input.LifecycleActionResult === 'ABANDON') return;
    const waits = waiting.get(String(input.InstanceId));
    if (waits === undefined || waits.pods === 0) return;
    const waited = account.time.now - waits.since + SEEN_WITHIN_MS;
    if (waited >= DRAINED_WITHIN * MINUTE_MS) return;
    day.breach('drained before it ends', `${operation} ends ${input.InstanceId} with ${waits.pods} pods on it`);
  };

  const checkRetained = (): void => {
    // Under the kill switch nothing is ended, and Auto Scaling retains whoever waited for the hook until it timed out.
    if (day.policies.at(-1)?.policy.killSwitch !== false) return;
    for (const { name, members } of groups()) {
      const retained = [...members.values()].filter(({ lifecycleState }) => lifecycleState.endsWith(':Retained'));
      const most = drawn.drains.retained.most;
      if (retained.length > most) day.breach('retained for a time', `${name} retains ${retained.length}, not ${most}`);
      for (const member of retained) {
        const age = account.time.now - (since.get(placeIn(member)) ?? account.time.now);
        if (age <= RETAINED_FOR * 60 * MINUTE_MS + sweepPauseOf(day.scenario) + ENDED_WITHIN_MS) continue;
        day.breach(
          'retained for a time',
          `${member.instance.id} of ${name} is retained for ${age / MINUTE_MS} minutes`,
        );
      }
    }
  };

  const checkTold = (): void => {
    if (day.policies.at(-1)?.policy.killSwitch !== false || drawn.refreshes.mode === 'off') return;
    for (const group of groups()) {
      const members = [...group.members.values()];
      const last = day.run.records.findLast(
        ({ remediation, nodegroup }) => remediation === 'refresh-groups' && nodegroup === `self-managed:${group.name}`,
      );
      const others = members.filter(
        ({ instance, lifecycleState }) =>
          !isWanted(instance.imageId) &&
          // A worker in quarantine is not replaced, but named.
          !(lifecycleState === 'Standby' && last?.message.includes(instance.id)),
      );
      if (others.length > 0 && (last === undefined || last.reason === 'group-refreshed')) {
        const run = others.map(({ instance }) => `${instance.id} ${instance.imageId}`).join(', ');
        day.breach('refreshed or told', `${group.name} has ${run}, and ${last?.reason} was said`);
      }
    }
  };

  return {
    onTick: look,
    onCall(call) {
      // Reads of AWS change nothing, and most calls follow others within the same second. Whoever ends a node has asked
      // Kubernetes for its pods before.
      const mayChange = isChange(call) || call.service === 'kubernetes';
      if (mayChange || account.time.now - lookedAt >= SECOND_MS) look();
      if (!isChange(call)) return;
      if (call.operation === 'StartInstanceRefresh') checkRefresh(call);
      const ends = /^(CompleteLifecycleAction|TerminateInstance\w*)$/.test(call.operation);
      if (call.function === 'drain-nodes' && ends) checkDrained(call);
    },
    onEnd() {
      checkRetained();
      checkTold();
    },
  };
}
