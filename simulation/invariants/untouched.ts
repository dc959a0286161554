import type { EksNodeGroup } from '../../sandbox/account/eks/node-group.ts';
import type { CallRecord } from '../../sandbox/account/service.ts';
import { KEPT_AS_CODE } from '../scenario/parts/own-images.ts';
import type { Policy } from '../scenario/policy.ts';
import { type Day, IGNORE, type Invariant, isChange, presentPolicies } from './invariant.ts';
import { releaseOf } from './moved-to.ts';

/** The sections of the policy that bound what a function changes. */
const SECTIONS = {
  'upgrade-node-groups': 'upgrades',
  'quarantine-workers': 'quarantine',
  'refresh-groups': 'refreshes',
  'drain-nodes': 'drains',
  'require-imdsv2': 'imds',
} as const;

/** A node that waits for a hook goes on under any policy: what counts is that the hook was made. */
const BEGINS_DRAINS = /^(PutLifecycleHook|UpdateAutoScalingGroup)$/;

/** Lets a node go that waits for a hook of its group: what opted out is not held up by that either. */
const LETS_GO = 'CompleteLifecycleAction';

/** How soon functions notice what opted out by hand, ms: reads lag behind, and what was decided is carried out. */
const NOTICED_WITHIN_MS = 60_000;

/** What opted out, is no worker or belongs to AWS is never changed; nor is anything where the policy only observes. */
export function untouched(day: Day): Invariant {
  const { account } = day.run;
  const { eks, instances, launchTemplates, networks } = account.fleet;
  const changed = new Set<string>();

  const ownerOf = (id: string): string | undefined =>
    id.startsWith('eni-')
      ? networks.interfaces.list().find((one) => one.id === id)?.attachment.instanceId
      : id.startsWith('i-')
        ? id
        : undefined;

  /** The hosts that each function has changed, as `function id`. */
  const touched = new Set<string>();
  /**
   * Whether what opted out by hand may still be changed: within a minute, and by the function that ends what it had begun,
   * such as a quarantine that is lifted.
   */
  const isUnderWay = (subject: string, caller: string, id = subject): boolean => {
    const by = day.optedOut.get(subject);
    if (by === undefined) return false;
    const beginner = caller === 'terminate-workers' ? 'quarantine-workers' : caller;
    return account.time.now - by.since < NOTICED_WITHIN_MS || touched.has(`${beginner} ${id}`);
  };

  /** Why an instance is none of ours; undefined: it is. */
  const whyNot = (id: string, caller: string): string | undefined => {
    const instance = instances.get(id);
    if (instance === undefined) return undefined;
    if (instance.operator !== undefined) return 'it belongs to AWS';
    if (instance.kubernetes === undefined) return 'it is no worker';
    if (instance.tags.has(IGNORE) && !isUnderWay(id, caller)) return 'it opted out';
    const cluster = instance.tags.get('eks:cluster-name') ?? '';
    const group = eks.nodeGroupsOf(cluster).find(({ name }) => name === instance.tags.get('eks:nodegroup-name'));
    const isOut = group !== undefined && Object.hasOwn(group.tags, IGNORE);
    return isOut && !isUnderWay(`${cluster}/${group.name}`, caller, id) ? 'its node group opted out' : undefined;
  };

  /** Whether a call moves a node group to another Kubernetes version. */
  const follows = ({ input }: CallRecord, group: EksNodeGroup | undefined): boolean =>
    input.version !== undefined && group !== undefined && group.version !== input.version;

  const checkPolicy = (call: CallRecord, subjects: readonly string[], group: EksNodeGroup | undefined): void => {
    const section = Object.entries(SECTIONS).find(([name]) => name === call.function)?.[1];
    if (section === undefined) return;
    // What somebody approves is done in mode observe, too, but not under the kill switch.
    const ruledOn = subjects.every((id) => day.ruledOn.has(id));
    const acts = (policy: Policy): boolean =>
      policy[section]?.mode === 'enforce' &&
      (section !== 'upgrades' || policy.upgrades.approval !== 'required') &&
      (!follows(call, group) || day.scenario.controlPlanes?.mode === 'enforce') &&
      (group?.amiType !== 'CUSTOM' || day.scenario.ownImages?.mode === 'enforce');
    const permits = (policy: Policy): boolean => !policy.killSwitch && (ruledOn || acts(policy));
    const isNew = subjects.some((id) => !changed.has(`${call.function} ${id}`));
    if (isNew && !presentPolicies(day).some(permits)) {
      day.breach('observe changes nothing', `${call.function} called ${call.operation} on ${subjects.join(' ')}`);
    }
  };

  /** What a change begins anew, so that the policy must permit it. */
  const subjectsOf = (call: CallRecord, hosts: string[], isGroup: boolean): string[] => {
    const { function: caller, operation, input } = call;
    if (isGroup) return [`${input.clusterName}/${input.nodegroupName} ${releaseOf(day, call)}`];
    if (caller !== 'refresh-groups' && caller !== 'drain-nodes') return hosts;
    const begins = caller === 'refresh-groups' || BEGINS_DRAINS.test(operation);
    return begins && input.AutoScalingGroupName !== undefined ? [`${input.AutoScalingGroupName}`] : [];
  };

  return {
    onCall(call) {
      if (!isChange(call)) return;
      const named = JSON.stringify(call.input).match(/\b(i|eni)-[0-9a-f]{8,}\b/g) ?? [];
      const hosts = [...new Set(named.flatMap((id) => ownerOf(id) ?? []))];
      for (const id of hosts) {
        const why = call.operation === LETS_GO ? undefined : whyNot(id, call.function);
        if (why !== undefined) day.breach('untouched', `${call.function} called ${call.operation} on ${id}: ${why}`);
      }
      const { clusterName, nodegroupName } = call.input;
      const group = eks.nodeGroupsOf(String(clusterName)).find(({ name }) => name === nodegroupName);
      const isOut = group !== undefined && Object.hasOwn(group.tags, IGNORE);
      if (isOut && !isUnderWay(`${clusterName}/${group.name}`, call.function)) {
        day.breach('untouched', `${call.function} called ${call.operation} on ${nodegroupName}, which opted out`);
      }
      if (call.operation === 'CreateLaunchTemplateVersion') {
        const { tags } = launchTemplates.get(String(call.input.LaunchTemplateId));
        if (tags.has(KEPT_AS_CODE)) day.breach('untouched', `${call.function} changes a template that is kept as code`);
      }
      const subjects = subjectsOf(call, hosts, group !== undefined);
      if (subjects.length > 0) checkPolicy(call, subjects, group);
      for (const id of subjects) changed.add(`${call.function} ${id}`);
      for (const id of hosts) touched.add(`${call.function} ${id}`);
    },
  };
}
