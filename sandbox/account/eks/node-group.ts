import type { _InstanceType } from '@aws-sdk/client-ec2';
import type {
  AMITypes,
  CapacityTypes,
  ErrorCode,
  Issue,
  LaunchTemplateSpecification,
  NodegroupStatus,
  NodegroupUpdateConfig,
  RemoteAccessConfig,
} from '@aws-sdk/client-eks';
import type { AutoScalingGroup } from '../auto-scaling/group.ts';
import type { LaunchSpecification, Reachability } from '../ec2/instances.ts';
import type { EksCluster } from './cluster.ts';

/** The host properties that all nodes of a group share, whatever they run. */
export type NodeHosts = Reachability &
  Pick<
    LaunchSpecification,
    'agent' | 'commands' | 'instanceProfile' | 'metadataEndpoint' | 'metadataHopLimit' | 'metadataTokens'
  >;

/** The facts about a node that its image determines. */
export interface NodeImage {
  /** As the node reports it, such as `Bottlerocket OS 1.42.0 (aws-k8s-1.33)`. */
  readonly osImage: string;
  readonly kubernetesVersion: string;
}

/** An update failure that is planned. */
export interface UpdateFailure {
  readonly errorCode: ErrorCode;
  readonly errorMessage?: string | undefined;
  readonly afterMs: number;
  /** Whether the group ends DEGRADED with a health issue instead of ACTIVE. */
  readonly degrades: boolean;
  /** How many more updates fail this way. */
  times: number;
}

/** A managed node group of the account. */
export interface EksNodeGroup {
  readonly name: string;
  arn: string;
  readonly cluster: EksCluster;
  readonly amiType: AMITypes;
  readonly capacityType: CapacityTypes;
  readonly instanceTypes: readonly _InstanceType[];
  readonly nodeRole: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The scaling settings of its Auto Scaling group, without the surge of an update. */
  readonly scaling: { readonly minSize: number; readonly maxSize: number; readonly desiredSize: number };
  readonly updateConfig: NodegroupUpdateConfig;
  /** The owner's template, and the version that the group has. */
  launchTemplate?: LaunchTemplateSpecification;
  readonly autoScalingGroup: AutoScalingGroup;
  readonly hosts: NodeHosts;
  readonly imageOf: (imageId: string) => NodeImage;
  readonly failures: readonly UpdateFailure[];
  /**
   * Whether an update is accepted while the group is DEGRADED. AWS does not document it: its texts name only ACTIVE,
   * yet they advise an update for some issues.
   */
  readonly updatableWhenDegraded: boolean;
  /** Whether EKS replaces nodes that stay unready for long (`nodeRepairConfig`). */
  readonly repairsNodes: boolean;
  readonly remoteAccess?: RemoteAccessConfig;
  /** Whether an update terminates members in standby, too, which AWS does not document. */
  readonly updatesTerminateStandby: boolean;
  /** What an update to the release that the group runs does to its nodes, which AWS does not document. */
  readonly sameRelease: 'kept' | 'replaced' | 'refused';
  /** How long a node's replacement takes, ms; undefined: drawn for each node. */
  readonly msPerNode: number | undefined;
  /** Epoch ms. */
  createdAt: number;
  version: string;
  /** For a custom AMI: the AMI's id. */
  releaseVersion: string;
  /** The image of new nodes; during an update, the new image. */
  imageId: string;
  /** The key pair of new nodes, by the template. During an update it is the key pair of the new version. */
  keyName: string | undefined;
  status: NodegroupStatus;
  issues: readonly Issue[];
  /** Epoch ms. */
  modifiedAt: number;
}
