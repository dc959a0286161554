import type { AutoScalingGroup } from '../account/auto-scaling/group.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { TargetGroup } from '../account/elastic-load-balancing/target-groups.ts';
import type { Fleet, FleetProblem } from './fleet.ts';
import type { TargetGroupFile } from './schema-target-groups.ts';
import type { FleetState } from './state.ts';

/** The target groups of a group of nodes, by who registers the nodes. */
export interface SeededTargetGroups {
  /** Target groups in which Auto Scaling registers the nodes. */
  readonly attached: TargetGroup[];
  /** Target groups in which the cluster's AWS Load Balancer Controller registers the nodes. */
  readonly controlled: TargetGroup[];
}

/** Invalid target groups of a fleet with repetitions spelled out: a name belongs to one target group of one cluster. */
export function targetGroupProblems({ clusters }: Fleet): FleetProblem[] {
  const seen = new Map<string, string>();
  return clusters.flatMap((cluster, index) =>
    (['nodeGroups', 'selfManagedGroups'] as const).flatMap((kind) =>
      cluster[kind].flatMap((group, at) =>
        group.targetGroups.flatMap(({ name, port, type }, number) => {
          const form = `${type} on port ${port} of cluster ${cluster.name}`;
          const known = seen.get(name) ?? form;
          seen.set(name, known);
          if (known === form) return [];
          const path = `clusters[${index}].${kind}[${at}].targetGroups[${number}].name`;
          return [{ path, message: `the name ${name} is there already, for targets of type ${known}` }];
        }),
      ),
    ),
  );
}

/** Creates the target groups of a group of nodes, each once. */
export function seedTargetGroups(
  { targetGroups }: FleetState,
  { vpcId }: EksCluster,
  files: readonly TargetGroupFile[],
): SeededTargetGroups {
  const known = new Map(targetGroups.list().map((group) => [group.name, group]));
  const seeded = files.map(({ name, port, type, attached, used: isUsed, quic }) => ({
    attached,
    group: known.get(name) ?? targetGroups.create({ name, port, type, vpcId, isUsed, protocol: quic ? 'QUIC' : 'TCP' }),
  }));
  const by = (who: boolean) => seeded.filter(({ attached }) => attached === who).map(({ group }) => group);
  return { attached: by(true), controlled: by(false) };
}

/**
 * Does what the AWS Load Balancer Controller does for a group's nodes: existing ones are registered at once, new ones
 * when they are Ready. Unlike the real controller it does not re-register what somebody else has deregistered.
 */
export function controlTargets(state: FleetState, group: AutoScalingGroup, controlled: readonly TargetGroup[]): void {
  if (controlled.length === 0) return;
  const { targetGroups, autoScalingGroups, world } = state;
  for (const { instance } of group.members.values()) {
    for (const targetGroup of controlled) targetGroups.registerInstance(targetGroup, instance, instance.launchedAt);
  }
  autoScalingGroups.onReady((of, instance) => {
    if (of !== group) return;
    for (const targetGroup of controlled) targetGroups.registerInstance(targetGroup, instance, world.time.now);
  });
}
