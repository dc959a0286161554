import { sample as launched } from '../events/ec2-instance-running.ts';
import { makePostureReconcileRequest } from '../events/posture-reconcile-request.ts';
import { sample as quarantineRequest } from '../events/quarantine-request.ts';
import { sample as ruling } from '../events/remediation-request.ts';
import { servingMembers } from '../sandbox/account/auto-scaling/groups.ts';
import { deleteNodeGroup } from '../sandbox/account/eks/delete-node-group.ts';
import type { Run } from '../sandbox/play.ts';
import { changeHosts, requestAboutShells, writeKeys } from './host-changes.ts';
import { intervene, type OptedOut } from './interventions.ts';
import { policyDocumentOf } from './scenario/documents.ts';
import { nthOf } from './scenario/nth-of.ts';
import { beginChange } from './scenario/parts/control-planes.ts';
import { isMistaken } from './scenario/parts/mistakes.ts';
import { waiverChanges } from './scenario/parts/posture.ts';
import { type Ruling, requestOf } from './scenario/parts/rulings.ts';
import type { Scaling } from './scenario/parts/scaling.ts';
import type { Policy } from './scenario/policy.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { Step } from './scenario/step.ts';

/** How long EC2 takes to terminate a node whose group lets it go, ms. */
const ENDS_WITHIN_MS = 60_000;
const ASKER = { why: 'the simulation asks for it', requestedBy: 'arn:aws:iam::111122223333:role/simulation' };

/** What a day keeps of what has happened in it. */
interface Kept {
  /** All policies so far, each with the time from which it holds, epoch ms. */
  readonly policies: Array<{ since: number; policy: Policy }>;
  /** What somebody has ruled on so far. */
  readonly ruledOn: Set<string>;
  /** What somebody has opted out by hand. */
  readonly optedOut: OptedOut;
}

/** Has everything of a scenario happen in its time. */
export function scheduleDay(scenario: Scenario, run: Run, { policies, ruledOn, optedOut }: Kept): void {
  const { account } = run;
  const { time } = account;
  const startsAt = time.now;
  const at = (minute: number, happen: () => void): void => {
    time.after(minute * 60_000, happen);
  };
  let drawn = scenario.policy;
  const Name = account.stack.ref('AWS::SSM::Parameter');
  const putPolicy = (): void => {
    const minute = (time.now - startsAt) / 60_000;
    const policy = policyDocumentOf(scenario, drawn, minute);
    if (isMistaken(scenario, minute)) return;
    policies.push({ since: time.now, policy });
    account.fleet.parameters.put({ Name, Type: 'String', Value: JSON.stringify(policy), Overwrite: true });
  };
  const { mistake } = scenario;
  if (mistake !== undefined) {
    at(mistake.fromMinute, () => {
      // Without a policy nothing is begun, as under the kill switch.
      policies.push({ since: time.now, policy: { ...policyDocumentOf(scenario, drawn), killSwitch: true } });
      if (mistake.text === undefined) account.fleet.parameters.delete(Name);
      else account.fleet.parameters.put({ Name, Value: mistake.text, Overwrite: true });
    });
    at(mistake.untilMinute, putPolicy);
  }
  for (const step of [...scenario.steps, ...(scenario.exposedPools?.steps ?? [])]) {
    at(step.atMinute, () => {
      if (step.kind === 'policy') {
        drawn = step.policy;
        putPolicy();
        return;
      }
      const ruled = take(step, run);
      if (ruled !== undefined) ruledOn.add(ruled);
    });
  }
  for (const given of scenario.rulings?.given ?? []) {
    at(given.atMinute, () => {
      const approved = rule(given, run);
      if (approved !== undefined) ruledOn.add(approved);
    });
  }
  for (const { atMinute, index } of scenario.selfManaged?.terminations ?? []) {
    at(atMinute, () => endNode(index, scenario, run));
  }
  for (const scaling of scenario.scalings ?? []) at(scaling.atMinute, () => scale(scaling, run));
  for (const { atMinute, index } of scenario.removals ?? []) at(atMinute, () => remove(index, run));
  const { starvation } = scenario;
  if (starvation !== undefined) {
    const { lambda } = account;
    const all = lambda.concurrentExecutions;
    at(starvation.fromMinute, () => {
      lambda.concurrentExecutions = starvation.left;
    });
    at(starvation.fromMinute + starvation.forMinutes, () => {
      lambda.concurrentExecutions = all;
    });
  }
  for (const each of scenario.interventions ?? []) at(each.atMinute, () => intervene(each, run, optedOut));
  for (const change of scenario.controlPlanes?.changes ?? []) at(change.atMinute, () => beginChange(change, run));
  for (const minute of waiverChanges(scenario)) at(minute, putPolicy);
  for (const change of scenario.posture?.changes ?? []) at(change.atMinute, () => changeHosts(change, scenario, run));
  for (const { atMinute, cluster, nodeGroup, isOfCluster } of scenario.posture?.asks ?? []) {
    at(atMinute, () => {
      const { accountId, region } = account.world;
      const origin = { account: accountId, region, time: new Date(time.now).toISOString() };
      const about = { clusterName: cluster, ...(!isOfCluster && { nodegroupName: nodeGroup }) };
      account.putEvent(makePostureReconcileRequest(origin, `check-${atMinute}`, { trigger: 'operator', ...about }));
    });
  }
  for (const given of scenario.shells?.rulings ?? []) {
    at(given.atMinute, () => {
      const instanceId = requestAboutShells(given, run);
      if (instanceId === undefined) return;
      if (given.action === 'approve') ruledOn.add(`shells ${instanceId}`);
      const envelope = { time: new Date(time.now).toISOString(), id: `shells-${given.atMinute}-${time.now}` };
      const detail = { remediation: 'close-shells', action: given.action, instanceId, ...ASKER };
      account.putEvent({ ...ruling, ...envelope, detail });
    });
  }
  for (const write of scenario.shells?.writes ?? []) at(write.atMinute, () => writeKeys(write, scenario, run));
}

/** Has Auto Scaling end a node of a self-managed group, which it replaces. */
function endNode(index: number, { selfManaged }: Scenario, { account }: Run): void {
  const { autoScalingGroups } = account.fleet;
  const names = new Set(selfManaged?.groups.map(({ cluster, name }) => `${cluster}-${name}`));
  const serving = autoScalingGroups
    .list()
    .filter(({ name }) => names.has(name))
    .flatMap((group) => [...group.members.values()].map((member) => ({ group, ...member })))
    .filter(({ lifecycleState }) => lifecycleState === 'InService');
  const ended = nthOf(serving, index);
  if (ended === undefined) return;
  autoScalingGroups.terminate(ended.group, ended.instance, ENDS_WITHIN_MS);
  autoScalingGroups.settleSoon(ended.group);
}

/**
 * Changes the size of a group within its limits, as the Cluster Autoscaler does: by its desired capacity, and by ending a
 * node with ShouldDecrementDesiredCapacity. Or has EC2 take an instance of a group back, which the group replaces.
 */
function scale({ direction, index }: Scaling, { account }: Run): void {
  const { autoScalingGroups } = account.fleet;
  const groups = autoScalingGroups.list();
  if (direction === 'out') {
    const group = nthOf(groups, index);
    if (group === undefined || group.desired >= group.max) return;
    group.desired += 1;
    autoScalingGroups.settleSoon(group);
    return;
  }
  if (direction === 'lost') {
    const members = groups.flatMap((group) => [...group.members.values()]);
    const lost = nthOf(members, index)?.instance;
    if (lost !== undefined) account.fleet.instances.terminate(lost, ENDS_WITHIN_MS, () => {});
    return;
  }
  const serving = groups
    .filter(({ desired, min }) => desired > min)
    .flatMap((group) => servingMembers(group).map(({ instance }) => ({ group, instance })));
  const ended = nthOf(serving, index);
  if (ended === undefined) return;
  ended.group.desired -= 1;
  autoScalingGroups.terminate(ended.group, ended.instance, ENDS_WITHIN_MS);
  autoScalingGroups.settleSoon(ended.group);
}

/** Has somebody delete a managed node group. */
function remove(index: number, { account }: Run): void {
  const { eks, autoScalingGroups } = account.fleet;
  const group = nthOf(
    [...eks.clusters.keys()].flatMap((cluster) => eks.nodeGroupsOf(cluster)),
    index,
  );
  if (group !== undefined) deleteNodeGroup(account, eks, autoScalingGroups, group);
}

/**
 * Sends an operator's request about a group.
 * @returns what it approves
 */
function rule(given: Ruling, { account, records: told }: Run): string | undefined {
  const asked = requestOf(given, told);
  if (asked === undefined) return undefined;
  const { now } = account.time;
  const envelope = { time: new Date(now).toISOString(), id: `rule-${given.atMinute}-${now}` };
  account.putEvent({ ...ruling, ...envelope, detail: asked.detail });
  return given.action === 'approve' ? asked.about : undefined;
}

/** @returns the worker on which somebody has ruled */
function take(step: Exclude<Step, { kind: 'policy' }>, run: Run): string | undefined {
  const { account, records: told } = run;
  const asked = {
    time: new Date(account.time.now).toISOString(),
    id: `${step.kind}-${step.atMinute}-${account.time.now}`,
  };
  /** Picks one of the workers for which quarantine-workers has given such a reason. */
  const pick = (index: number, reasons: RegExp): string | undefined => {
    const ids = [
      ...new Set(
        told.flatMap(({ reason, instance }) => (instance !== undefined && reasons.test(reason) ? [instance] : [])),
      ),
    ];
    return nthOf(ids, index);
  };
  switch (step.kind) {
    case 'ask': {
      const instanceId = pick(step.index, /^(quarantine-started|quarantined|quarantine-in-progress)$/);
      if (instanceId === undefined) return undefined;
      const more = step.action === 'extend' ? { by: '1d' } : {};
      account.putEvent({
        ...quarantineRequest,
        ...asked,
        detail: { action: step.action, instanceId, ...more, ...ASKER },
      });
      return undefined;
    }
    case 'rule': {
      const instanceId = pick(step.index, /^(would-quarantine|quarantine-started|quarantine-budget)$/);
      if (instanceId === undefined) return undefined;
      const detail = { remediation: 'quarantine-workers', action: step.action, instanceId, ...ASKER };
      account.putEvent({ ...ruling, ...asked, detail });
      return instanceId;
    }
    case 'expose-silently': {
      const workers = account.fleet.instances
        .list()
        .filter(({ state, kubernetes }) => state === 'running' && kubernetes);
      const { interfaces, addresses } = account.fleet.networks;
      const [first] = interfaces.of(nthOf(workers, step.index)?.id ?? '');
      if (first !== undefined && first.associations.size === 0) {
        addresses.associate(addresses.allocate(), first, first.privateIps[0]);
      }
      return undefined;
    }
    case 'forged-launch': {
      const all = account.fleet.instances.list();
      const id = nthOf(all, step.index)?.id ?? 'i-0badcafe0badcafe0';
      account.putEvent({ ...launched, ...asked, detail: { ...launched.detail, 'instance-id': id } });
      return undefined;
    }
  }
}
