import { servingMembers } from '../sandbox/account/auto-scaling/groups.ts';
import type { Instance } from '../sandbox/account/ec2/instance.ts';
import type { Run } from '../sandbox/play.ts';
import { AwsError } from '../sandbox/wire/aws-error.ts';
import { IGNORE } from './invariants/invariant.ts';
import { hasQuarantineGroup } from './quarantine-groups.ts';
import { nthOf } from './scenario/nth-of.ts';
import type { Intervention } from './scenario/parts/interventions.ts';

/** How long EC2 takes to stop, start or terminate an instance, ms. */
const TAKES_MS = 60_000;
/** How often somebody looks for a worker in quarantine, ms, and how often at most. */
const LOOKS_EVERY_MS = 10 * 60_000;
const MOST_LOOKS = 18;

/** What has opted out by hand, by the id of the instance or `cluster/nodegroup`: since and until when, epoch ms. */
export type OptedOut = Map<string, { readonly since: number; until?: number }>;

/**
 * Does something by hand, which AWS may refuse, as it refuses it to anybody. What is about a worker in quarantine waits for
 * some hours until there is one.
 *
 * @param optedOut what has opted out so far
 */
export function intervene(given: Intervention, run: Run, optedOut: OptedOut, looks = 1): void {
  const { account } = run;
  const { eks, instances, networks, autoScalingGroups } = account.fleet;
  const { index, forMinutes } = given;
  const later = (happen: () => void) => void account.time.after(forMinutes * 60_000, happen);
  const optOut = (id: string, put: () => void, remove: () => void): void => {
    const times = { since: account.time.now };
    put();
    optedOut.set(id, times);
    later(() => {
      remove();
      Object.assign(times, { until: account.time.now });
    });
  };
  const optOutWorker = ({ id, tags }: Instance): void => {
    const put = () => void tags.set(IGNORE, 'by hand');
    const remove = () => void tags.delete(IGNORE);
    if (!tags.has(IGNORE)) optOut(id, put, remove);
  };
  const workers = instances.list().filter(({ state, kubernetes }) => state === 'running' && kubernetes !== undefined);
  const nodeGroup = nthOf(
    [...eks.clusters.keys()].flatMap((cluster) => eks.nodeGroupsOf(cluster)),
    index,
  );
  switch (given.kind) {
    case 'held': {
      const held = nthOf(
        workers.filter(({ id }) => hasQuarantineGroup(networks, id)),
        index,
      );
      if (held !== undefined && given.what === 'opt-out') optOutWorker(held);
      else if (held !== undefined) treat(held, given, run);
      else if (looks < MOST_LOOKS) account.time.after(LOOKS_EVERY_MS, () => intervene(given, run, optedOut, looks + 1));
      return;
    }
    case 'opt-out-worker': {
      const worker = nthOf(workers, index);
      if (worker !== undefined) optOutWorker(worker);
      return;
    }
    case 'opt-out-group': {
      if (nodeGroup === undefined || Object.hasOwn(nodeGroup.tags, IGNORE)) return;
      const { tags, name } = nodeGroup;
      const tagWith = (wanted: Readonly<Record<string, string>>) => () =>
        void Object.assign(nodeGroup, { tags: wanted });
      optOut(`${nodeGroup.cluster.name}/${name}`, tagWith({ ...tags, [IGNORE]: 'by hand' }), tagWith(tags));
      return;
    }
    case 'update': {
      if (nodeGroup === undefined) return;
      const { cluster, name: nodegroupName } = nodeGroup;
      call(run, 'eks', 'UpdateNodegroupVersion', { clusterName: cluster.name, nodegroupName, force: true });
      return;
    }
    case 'cancel-refreshes': {
      // Auto Scaling refuses it of a group that is not refreshed.
      for (const { name: AutoScalingGroupName } of autoScalingGroups.list())
        call(run, 'autoscaling', 'CancelInstanceRefresh', { AutoScalingGroupName });
      return;
    }
    case 'replace': {
      const serving = autoScalingGroups.list().flatMap((group) => servingMembers(group));
      const InstanceId = nthOf(serving, index)?.instance.id;
      if (InstanceId === undefined) return;
      const ShouldDecrementDesiredCapacity = false;
      call(run, 'autoscaling', 'TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity });
    }
  }
}

/** Does something by hand to a worker in quarantine. */
function treat(worker: Instance, { what, forMinutes }: Intervention & { kind: 'held' }, run: Run): void {
  const { account } = run;
  const { eks, instances, networks, autoScalingGroups } = account.fleet;
  const group = autoScalingGroups.list().find(({ members }) => members.has(worker.id));
  const [first] = networks.interfaces.of(worker.id);
  switch (what) {
    case 'regroup': {
      const cluster = eks.clusters.get(worker.kubernetes?.clusterName ?? '');
      if (first === undefined || cluster === undefined) return;
      const Groups = [cluster.securityGroupId];
      call(run, 'ec2', 'ModifyNetworkInterfaceAttribute', { NetworkInterfaceId: first.id, Groups });
      return;
    }
    case 'readdress': {
      const { addresses } = networks;
      if (first !== undefined && first.associations.size === 0)
        addresses.associate(addresses.allocate(), first, first.privateIps[0]);
      return;
    }
    case 'exit-standby':
      if (group !== undefined)
        call(run, 'autoscaling', 'ExitStandby', { AutoScalingGroupName: group.name, InstanceIds: [worker.id] });
      return;
    case 'terminate':
      instances.terminate(worker, TAKES_MS, () => {});
      return;
    case 'stop':
      // A group replaces one in service that stops.
      if (group?.members.get(worker.id)?.lifecycleState === 'InService') return;
      instances.stop(worker, TAKES_MS, () => {});
      account.time.after(forMinutes * 60_000, () => instances.start(worker, TAKES_MS, () => {}));
      return;
    case 'opt-out':
  }
}

/** Calls AWS as a person; whatever it refuses is not done. */
function call({ account }: Run, signingName: string, operation: string, input: object): void {
  const service = account.services.find((one) => one.signingName === signingName);
  const ask = service?.operations[operation]?.run as ((input: object, context: object) => unknown) | undefined;
  if (ask === undefined) throw new Error(`the sandbox has no ${signingName}:${operation}`);
  const context = { caller: { function: 'operator' }, requestId: `by-hand-${account.time.now}` };
  const asking = Promise.resolve().then(() => ask(input, context));
  asking.catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
  });
}
