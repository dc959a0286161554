import type { Update } from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import { byText } from '../pagination.ts';
import { Troubles } from '../troubles.ts';
import type { World } from '../world.ts';
import type { EksCluster } from './cluster.ts';
import { type KarpenterNodes, NO_NODES } from './karpenter-nodes.ts';
import type { EksNodeGroup } from './node-group.ts';

const YEAR_MS = 365 * 86_400_000;

/** Until when EKS supports a Kubernetes version, epoch ms. */
export interface VersionSupport {
  readonly standardEndsAt: number;
  readonly extendedEndsAt: number;
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

  removeNodeGroup({ cluster, name }: EksNodeGroup): void {
    this.#groups.get(cluster.name)?.delete(name);
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
