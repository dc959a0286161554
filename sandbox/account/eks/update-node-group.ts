import {
  type Issue,
  NodegroupIssueCode,
  type Update,
  type UpdateNodegroupVersionCommandInput,
} from '@aws-sdk/client-eks';
import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { Permission } from '../service.ts';
import type { World } from '../world.ts';
import { kubernetesMinor } from './ami-types.ts';
import { customTarget, type Known, namedTemplate, refusal, type UpdateTarget } from './custom-target.ts';
import { launchPermissions } from './launch-permissions.ts';
import type { EksNodeGroup } from './node-group.ts';
import { type RollEnd, RollingUpdate } from './rolling-update.ts';
import type { EksState } from './state.ts';

/** How many Kubernetes minor versions a node may be older than its control plane (Kubernetes version skew policy). */
const MAX_SKEW = 3;

/** Health issues that end once nodes have started from another image. */
const CURED: ReadonlySet<string> = new Set(['AmiIdNotFound', 'AsgInstanceLaunchFailures', 'NodeCreationFailure']);

/**
 * The health issues with which EKS takes an update, as its refusal names them. Source: AWS Knowledge Center, "How can I
 * troubleshoot managed node group update issues for Amazon EKS?".
 */
const UPDATABLE_WITH = [
  'AsgInstanceLaunchFailures',
  'InstanceLimitExceeded',
  'InsufficientFreeAddresses',
  'ClusterUnreachable',
];

/** UpdateNodegroupVersion: its errors and effects. */
export class NodeGroupUpdates {
  readonly #world: World;
  readonly #state: EksState;
  readonly #groups: AutoScalingGroups;
  readonly #known: Known;
  readonly #random: World['random'];
  readonly #byToken = new Map<string, { readonly request: string; readonly update: Update }>();

  constructor(world: World, state: EksState, groups: AutoScalingGroups, known: Known) {
    this.#world = world;
    this.#state = state;
    this.#groups = groups;
    this.#known = known;
    this.#random = world.random.fork('eks-node-group-updates');
  }

  /**
   * Starts an update, or answers the one that the same request with the same client request token has started.
   *
   * An older release of the same Kubernetes version is accepted: EKS's guide says that one can't go back, but not with
   * which error, and a sandbox that refused would hide the mistake of a caller that asks for it.
   *
   * @param isAllowed whether the caller has a right. EKS launches in the caller's name where there is a launch
   * template.
   * @throws ResourceNotFoundException, ResourceInUseException, InvalidParameterException, InvalidRequestException
   */
  start(
    input: UpdateNodegroupVersionCommandInput,
    isAllowed: (permission: Permission) => boolean = () => true,
  ): Update {
    const group = this.#state.nodeGroup(input.clusterName, input.nodegroupName);
    const { clientRequestToken, ...parameters } = input;
    const request = JSON.stringify(Object.entries(parameters).sort());
    const earlier = clientRequestToken === undefined ? undefined : this.#byToken.get(clientRequestToken);
    if (earlier !== undefined) {
      if (earlier.request === request) return earlier.update;
      throw refusal(group, 'InvalidParameterException', 'The clientRequestToken was used for a different request.');
    }
    const target = this.#check(group, input);
    const denied = launchPermissions(this.#world, group, target.imageId).find((permission) => !isAllowed(permission));
    if (denied !== undefined) throw refusal(group, 'InvalidRequestException', notAuthorized(denied));
    const update = this.#begin(group, target, input.force === true);
    if (clientRequestToken !== undefined) this.#byToken.set(clientRequestToken, { request, update });
    return update;
  }

  #check(group: EksNodeGroup, input: UpdateNodegroupVersionCommandInput): UpdateTarget {
    const invalid = (message: string) => refusal(group, 'InvalidParameterException', message);
    const { amiType, cluster } = group;
    if (amiType === 'CUSTOM') {
      if (input.version !== undefined) throw invalid(customField('kubernetesVersion'));
      if (input.releaseVersion !== undefined) throw invalid(customField('releaseVersion'));
      const target = customTarget(group, input.launchTemplate, this.#known);
      this.#refuseBusy(group);
      return target;
    }
    const named = input.launchTemplate && namedTemplate(group, input.launchTemplate, this.#known);
    if (named?.data.ImageId !== undefined) {
      throw invalid('The launch template version must not name an AMI: the node group takes those of its AMI type.');
    }
    const version = input.version ?? group.version;
    const [target, controlPlane] = [kubernetesMinor(version), kubernetesMinor(cluster.version)];
    if (!/^1\.\d+$/.test(version)) throw invalid(`unsupported Kubernetes version ${version}`);
    // Source of the text: aws-controllers-k8s/community#2957. It names no version between.
    if (version !== cluster.version && version !== group.version) {
      throw invalid(
        `Nodegroup Kubernetes version should be equal to Cluster kubernetes version ${cluster.version} or NodeGroup kubernetes version ${group.version}`,
      );
    }
    if (target > controlPlane || target < controlPlane - MAX_SKEW) {
      throw invalid(
        `Nodegroup Kubernetes version ${version} must be at most ${MAX_SKEW} minor versions older than, and not newer than, the cluster's version ${cluster.version}`,
      );
    }
    if (target < kubernetesMinor(group.version)) {
      throw invalid(`Nodegroup Kubernetes version ${group.version} can't be rolled back to ${version}`);
    }
    const offered = this.#known.releases.offered(version, amiType, this.#world.time.now);
    const { releaseVersion = offered.at(-1)?.releaseVersion } = input;
    const release = offered.find((candidate) => candidate.releaseVersion === releaseVersion);
    if (release === undefined) {
      throw invalid(`Requested release version ${releaseVersion} is not valid for kubernetes version ${version}.`);
    }
    this.#refuseBusy(group);
    const params = [
      { type: 'Version' as const, value: release.kubernetesVersion },
      { type: 'ReleaseVersion' as const, value: release.releaseVersion },
    ];
    const isSame = release.imageId === group.imageId && named === undefined;
    if (isSame && group.sameRelease === 'refused') {
      throw invalid(`Nodegroup ${group.name} already runs release version ${release.releaseVersion}.`);
    }
    if (named === undefined) return { ...release, params, keyName: group.keyName };
    return { ...release, ...named, params: [...params, ...named.params] };
  }

  /** @throws ResourceInUseException, InvalidRequestException */
  #refuseBusy(group: EksNodeGroup): void {
    const { cluster } = group;
    if (cluster.status !== 'ACTIVE') {
      const message = `Cluster '${cluster.name}' is not in ACTIVE status: ${cluster.status}`;
      throw refusal(group, 'ResourceInUseException', message, 409);
    }
    if (group.status === 'DEGRADED' && !group.updatableWhenDegraded) {
      const message = `Nodegroup health has issues other than [ ${UPDATABLE_WITH.join(', ')} ]`;
      throw refusal(group, 'InvalidRequestException', message);
    }
    if (group.status !== 'ACTIVE' && group.status !== 'DEGRADED') {
      const message = 'Nodegroup cannot be updated as it is currently not in Active State';
      throw refusal(group, 'ResourceInUseException', message, 409);
    }
  }

  #begin(group: EksNodeGroup, target: UpdateTarget, force: boolean): Update {
    const update = this.#state.openUpdate(
      { clusterName: group.cluster.name, nodegroupName: group.name },
      {
        type: 'VersionUpdate',
        params: [...target.params],
      },
    );
    // A forced update deletes pods that cannot be evicted.
    const failure = group.failures.find(
      ({ times, errorCode }) => times > 0 && !(force && errorCode === 'PodEvictionFailure'),
    );
    if (failure !== undefined) failure.times -= 1;
    group.status = 'UPDATING';
    group.modifiedAt = this.#world.time.now;
    const random = this.#random.fork(update.id);
    const aim = { ...target, isForced: force, replacesAll: replacesAll(group, target) };
    const roll = new RollingUpdate(this.#world, this.#groups, group, aim, random, failure, {
      freeAddresses: this.#known.freeAddresses,
      vcpuRoom: (node) => this.#known.vcpuQuotas.room(node, this.#world.time.now),
      isOffered: (type, zone) => this.#known.offerings.isOffered({ type, zone }),
      evictPods: (node) => this.#state.evictPods(group.cluster.name, node.privateDnsName),
    });
    void roll.run().then(
      (end) => this.#end(group, target, update, end),
      // Thrown from the agenda instead of the promise, so that the code that advances time sees it.
      (error: unknown) =>
        this.#world.time.after(0, () => {
          throw error;
        }),
    );
    return update;
  }

  #end(group: EksNodeGroup, target: UpdateTarget, update: Update, end: RollEnd): void {
    group.modifiedAt = this.#world.time.now;
    group.status = 'ACTIVE';
    update.status = end.outcome;
    if (end.outcome === 'Successful') {
      group.version = target.kubernetesVersion;
      group.releaseVersion = target.releaseVersion;
      group.imageId = target.imageId;
      if (target.launchTemplate !== undefined) group.launchTemplate = target.launchTemplate;
      group.issues = group.issues.filter(({ code = '' }) => !(CURED.has(code) && group.scaling.desiredSize > 0));
      if (group.issues.length > 0) group.status = 'DEGRADED';
      return;
    }
    const { failure, resourceIds } = end;
    const errorMessage = failure.errorMessage ?? defaultMessage(failure.errorCode, group.name);
    update.errors = [{ errorCode: failure.errorCode, errorMessage, resourceIds }];
    if (failure.degrades) {
      group.status = 'DEGRADED';
      group.issues = [issue(failure.errorCode, errorMessage, resourceIds)];
    }
  }
}

/**
 * Whether an update replaces nodes that have its image and key pair already. Another version of the launch template
 * does (EKS user guide, "Customize managed nodes with launch templates"). Whether the same release does is not
 * documented.
 */
function replacesAll(group: EksNodeGroup, { imageId, keyName, launchTemplate }: UpdateTarget): boolean {
  if (imageId !== group.imageId || keyName !== group.keyName) return false;
  const { version = group.launchTemplate?.version } = launchTemplate ?? {};
  return version !== group.launchTemplate?.version || group.sameRelease === 'replaced';
}

/** The message that EKS returns: eksctl-io/eksctl#1914, scylladb/scylla-cluster-tests#12172. */
const notAuthorized = ({ action, resource }: Permission): string =>
  action === 'ec2:DescribeLaunchTemplateVersions'
    ? 'You are not authorized to use the specified launch template'
    : `You are not authorized to launch instances with this launch template. Encoded authorization failure message: ${Buffer.from(`${action} ${resource}`).toString('base64url')}`;

const customField = (field: string) => `You cannot specify the field ${field} when using custom AMIs.`;

const defaultMessage = (errorCode: string, groupName: string): string =>
  errorCode === 'PodEvictionFailure'
    ? `Reached max retries while trying to evict pods from nodes in node group ${groupName}`
    : `The update of node group ${groupName} failed: ${errorCode}`;

function issue(errorCode: string, message: string, resourceIds: string[]): Issue {
  const code = Object.values(NodegroupIssueCode).find((known) => known === errorCode) ?? 'InternalFailure';
  return { code, message, resourceIds };
}
