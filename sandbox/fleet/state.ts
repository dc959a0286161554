import type { JoinTimes } from '../account/auto-scaling/group.ts';
import type { AutoScalingGroups } from '../account/auto-scaling/groups.ts';
import type { Images } from '../account/ec2/images.ts';
import type { InstanceTypeOfferings } from '../account/ec2/instance-type-offerings.ts';
import type { Instance, Instances, LaunchSpecification } from '../account/ec2/instances.ts';
import type { LaunchTemplates } from '../account/ec2/launch-templates.ts';
import type { Networks } from '../account/ec2/network.ts';
import type { Snapshots } from '../account/ec2/snapshots.ts';
import type { MetadataDefaults } from '../account/ec2/state.ts';
import type { VcpuQuotas } from '../account/ec2/vcpu-quotas.ts';
import type { AccessEntries } from '../account/eks/access-entries.ts';
import type { AmiReleases } from '../account/eks/ami-releases.ts';
import type { Karpenter } from '../account/eks/karpenter.ts';
import type { Kubelets } from '../account/eks/kubelets.ts';
import type { EksState } from '../account/eks/state.ts';
import type { NodeGroupUpdates } from '../account/eks/update-node-group.ts';
import type { TargetGroups } from '../account/elastic-load-balancing/target-groups.ts';
import type { CloudTrail } from '../account/event-bridge/cloud-trail.ts';
import type { EventualConsistency } from '../account/eventual-consistency.ts';
import type { Iam } from '../account/iam/state.ts';
import type { Inspector } from '../account/inspector/state.ts';
import type { SparsePages } from '../account/sparse-pages.ts';
import type { SsmAgents } from '../account/ssm/agents.ts';
import type { ChangeCalendars } from '../account/ssm/calendars.ts';
import type { Commands } from '../account/ssm/commands.ts';
import type { ParameterStore } from '../account/ssm/parameters.ts';
import type { ServiceSettings } from '../account/ssm/service-settings.ts';
import type { World } from '../account/world.ts';
import type { RoleMapping } from '../kubernetes/aws-auth.ts';

/**
 * Launches another instance of a group; `zone` is the index of one of its subnets, `change` makes it differ from the
 * group's others.
 */
export type Launcher = (
  zone: number,
  times: JoinTimes,
  change?: (specification: LaunchSpecification) => LaunchSpecification,
) => Instance | undefined;

/** Everything that the fleet side of the account stores. */
export interface FleetState {
  readonly world: World;
  readonly releases: AmiReleases;
  readonly images: Images;
  readonly instances: Instances;
  readonly networks: Networks;
  readonly offerings: InstanceTypeOfferings;
  readonly vcpuQuotas: VcpuQuotas;
  readonly snapshots: Snapshots;
  readonly metadataDefaults: MetadataDefaults;
  readonly launchTemplates: LaunchTemplates;
  readonly cloudTrail: CloudTrail;
  readonly autoScalingGroups: AutoScalingGroups;
  readonly targetGroups: TargetGroups;
  readonly eks: EksState;
  readonly kubelets: Kubelets;
  readonly accessEntries: AccessEntries;
  /** The roles that the ConfigMap `aws-auth` of each cluster maps, by the cluster's name. */
  readonly awsAuth: Map<string, RoleMapping[]>;
  /** Karpenter, by the name of the cluster that it runs in. */
  readonly karpenter: Map<string, Karpenter>;
  readonly nodeGroupUpdates: NodeGroupUpdates;
  readonly iam: Iam;
  readonly parameters: ParameterStore;
  readonly serviceSettings: ServiceSettings;
  readonly agents: SsmAgents;
  readonly inspector: Inspector;
  readonly commands: Commands;
  readonly calendars: ChangeCalendars;
  /** The lag of reads; undefined where reads are always current. */
  readonly consistency: EventualConsistency | undefined;
  readonly sparsePages: SparsePages | undefined;
  /** The ways to launch another instance, by `launcherKey`. */
  readonly launchers: Map<string, Launcher>;
}
