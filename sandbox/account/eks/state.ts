import type { _InstanceType } from '@aws-sdk/client-ec2';
import type {
  AMITypes,
  CapacityTypes,
  ClusterIssue,
  ClusterStatus,
  ErrorCode,
  InsightStatusValue,
  Issue,
  LaunchTemplateSpecification,
  NodegroupStatus,
  NodegroupUpdateConfig,
  RemoteAccessConfig,
  Update,
} from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import type { AutoScalingGroup } from '../auto-scaling/group.ts';
import type { LaunchSpecification, Reachability } from '../ec2/instances.ts';
import { byText } from '../pagination.ts';
import { Troubles } from '../troubles.ts';
import type { World } from '../world.ts';
import { type KarpenterNodes, NO_NODES } from './karpenter-nodes.ts';

export interface EksCluster {
  readonly name: string;
  readonly arn: string;
  /** Kubernetes version of its control plane. */
  version: string;
  /** EKS's upgrade insights about the cluster. */
  readonly insights: readonly EksInsight[];
  readonly tags: Readonly<Record<string, string>>;
  readonly supportType: 'STANDARD' | 'EXTENDED';
  /** Epoch ms. */
  readonly createdAt: number;
  /** When its first certificate authority ends, by default after ten years, and when EKS adds a successor, epoch ms. */
  readonly authority: { readonly endsAt?: number | undefined; readonly successorAt?: number | undefined };
  readonly autoMode: boolean;
  /** Names. */
  readonly fargateProfiles: readonly string[];
  readonly hybridNodes: boolean;
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly authenticationMode: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  readonly vpcId: string;
  readonly subnets: ReadonlyArray<{ readonly id: string; readonly availabilityZone: string }>;
  /** The security group of the cluster and its nodes. */
  readonly securityGroupId: string;
  /** The 32 hexadecimal digits of its endpoint and its OIDC issuer. */
  readonly id: string;
  status: ClusterStatus;
  /** What EKS says is wrong with it. */
  issues: readonly ClusterIssue[];
  /** Whether its API server does not answer for now. */
  isSilent?: boolean;
  /**
   * Where its API is reachable from outside of the sandbox, and its certificate authority (base64 of PEM), while it is
   * served.
   */
  served?: { readonly endpoint: string; readonly certificateAuthority: string };
}

/** Until when EKS supports a Kubernetes version, epoch ms. */
export interface VersionSupport {
  readonly standardEndsAt: number;
  readonly extendedEndsAt: number;
}

const YEAR_MS = 365 * 86_400_000;

/** An upgrade insight of a cluster. */
export interface EksInsight {
  readonly id: string;
  readonly name: string;
  readonly kubernetesVersion: string;
  readonly reason: string;
  status: InsightStatusValue;
  /** Epoch ms. */
  changedAt: number;
}

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

type KnownUpdate = Update & { readonly id: string; readonly createdAt: Date };

/** An update of a cluster (without node group) or of a node group. */
export interface EksUpdate {
  readonly clusterName: string;
  readonly nodegroupName: string | undefined;
  readonly update: KnownUpdate;
}

/** The account's EKS clusters, managed node groups and updates. */
export class EksState {
  readonly clusters = new Map<string, EksCluster>();
  /** The end of EKS's support for Kubernetes versions, where the fleet file states it. */
  readonly support = new Map<string, VersionSupport>();
  readonly troubles: Troubles;
  /**
   * Evicts the pods of a node, as far as disruption budgets let them go, and returns how many are left. The clusters'
   * Kubernetes APIs set it; without them nodes have no pods.
   */
  evictPods: (clusterName: string, nodeName: string) => number = () => 0;
  /** What Karpenter reads and changes of the nodes of a cluster. The clusters' Kubernetes APIs set it, too. */
  karpenterNodes: (clusterName: string) => KarpenterNodes = () => NO_NODES;
  readonly #groups = new Map<string, Map<string, EksNodeGroup>>();
  readonly #updates = new Map<string, EksUpdate>();
  readonly #world: World;
  readonly #random: World['random'];
  readonly #yearFromStart: number;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('eks');
    this.troubles = new Troubles(world, 'eks');
    this.#yearFromStart = world.time.now + YEAR_MS;
  }

  /** All Kubernetes versions that the account can know of. */
  versions(): string[] {
    const used = [...this.clusters.values()].map(({ version }) => version);
    return [...new Set([...this.support.keys(), ...used])];
  }

  /** Until when EKS supports a Kubernetes version. */
  supportOf(version: string): VersionSupport {
    const at = this.#yearFromStart;
    return this.support.get(version) ?? { standardEndsAt: at, extendedEndsAt: at + YEAR_MS };
  }

  addNodeGroup(group: EksNodeGroup): void {
    const groups = this.#groups.get(group.cluster.name) ?? new Map<string, EksNodeGroup>();
    this.#groups.set(group.cluster.name, groups.set(group.name, group));
  }

  /** The node groups of a cluster by name. */
  nodeGroupsOf(clusterName: string): EksNodeGroup[] {
    return [...(this.#groups.get(clusterName)?.values() ?? [])].sort(byText(({ name }) => name));
  }

  findNodeGroup(clusterName: string, nodegroupName: string): EksNodeGroup | undefined {
    return this.#groups.get(clusterName)?.get(nodegroupName);
  }

  /** @throws ResourceNotFoundException */
  cluster(name: string | undefined): EksCluster {
    const cluster = this.clusters.get(name ?? '');
    if (cluster !== undefined) return cluster;
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404, { clusterName: name });
  }

  /** @throws ResourceNotFoundException */
  nodeGroup(clusterName: string | undefined, nodegroupName: string | undefined): EksNodeGroup {
    const cluster = this.cluster(clusterName);
    const group = this.findNodeGroup(cluster.name, nodegroupName ?? '');
    if (group !== undefined) return group;
    throw new AwsError('ResourceNotFoundException', `No node group found for name: ${nodegroupName}.`, 404, {
      clusterName: cluster.name,
      nodegroupName,
    });
  }

  /**
   * Simulates that a node group was deleted and created anew under the same name: another ARN, no updates, no planned
   * failures.
   */
  recreate(group: EksNodeGroup): void {
    group.arn = group.arn.replace(/[^/]*$/, this.#random.uuid());
    group.createdAt = this.#world.time.now;
    group.modifiedAt = this.#world.time.now;
    group.status = 'ACTIVE';
    group.issues = [];
    for (const failure of group.failures) failure.times = 0;
    for (const [id, { clusterName, nodegroupName }] of this.#updates) {
      if (clusterName === group.cluster.name && nodegroupName === group.name) this.#updates.delete(id);
    }
  }

  /** Opens an update, in progress from now on, or from when it was created. */
  openUpdate(
    subject: { readonly clusterName: string; readonly nodegroupName?: string },
    update: Pick<Update, 'type' | 'params'>,
    createdAt = this.#world.time.now,
  ): KnownUpdate {
    const opened: KnownUpdate = {
      id: this.#random.uuid(),
      status: 'InProgress',
      ...update,
      createdAt: new Date(createdAt),
      errors: [],
    };
    const { clusterName, nodegroupName } = subject;
    this.#updates.set(opened.id, { clusterName, nodegroupName, update: opened });
    return opened;
  }

  /** The updates of a cluster, or of one node group, by id. */
  updatesOf(clusterName: string, nodegroupName: string | undefined): KnownUpdate[] {
    return [...this.#updates.values()]
      .filter((known) => known.clusterName === clusterName && known.nodegroupName === nodegroupName)
      .map(({ update }) => update)
      .sort(byText(({ id }) => id));
  }

  /** @throws ResourceNotFoundException, also for an update of another resource. */
  update(clusterName: string, nodegroupName: string | undefined, updateId: string | undefined): KnownUpdate {
    const known = this.#updates.get(updateId ?? '');
    if (known?.clusterName === clusterName && known.nodegroupName === nodegroupName) return known.update;
    throw new AwsError('ResourceNotFoundException', `No update found for id: ${updateId}.`, 404, {
      clusterName,
      nodegroupName,
    });
  }
}
