import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { signerAt } from '../account/eks/certificate-authorities.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import { endpointHost } from '../account/eks/descriptions.ts';
import type { KarpenterNodes } from '../account/eks/karpenter-nodes.ts';
import { callerArn } from '../account/sts/sts.ts';
import type { World } from '../account/world.ts';
import type { Destination } from '../lambda/in-memory-network.ts';
import type { Json } from './json.ts';
import { type Hold, KubernetesServer, type KubernetesServerOptions } from './kubernetes-server.ts';
import type { OtherHosts } from './other-hosts.ts';
import { MASTERS } from './rbac.ts';
import type { ServedAuthority } from './served-authority.ts';
import type { Workload } from './workload-pods.ts';

export interface ClusterApisOptions
  extends Omit<
    KubernetesServerOptions,
    | 'world'
    | 'region'
    | 'clusterName'
    | 'nodes'
    | 'karpenter'
    | 'otherHosts'
    | 'accessEntryOf'
    | 'mappedRoles'
    | 'applied'
    | 'workloads'
  > {
  readonly world: World;
  clusters(): Iterable<EksCluster>;
  nodesOf(clusterName: string): ReturnType<KubernetesServerOptions['nodes']>;
  accessEntryOf(clusterName: string, principalArn: string): ReturnType<KubernetesServerOptions['accessEntryOf']>;
  mappedRolesOf(clusterName: string): ReturnType<NonNullable<KubernetesServerOptions['mappedRoles']>>;
  /** The manifests that were applied to the cluster. */
  appliedTo(clusterName: string): KubernetesServerOptions['applied'];
  karpenterOf(clusterName: string): ReturnType<NonNullable<KubernetesServerOptions['karpenter']>>;
  otherHostsOf(clusterName: string): OtherHosts;
  workloadsOf(clusterName: string): readonly Workload[];
}

/** The Kubernetes APIs of an account's clusters, each at its endpoint's host. */
export class ClusterApis {
  readonly #options: ClusterApisOptions;
  readonly #servers = new Map<string, KubernetesServer>();

  constructor(options: ClusterApisOptions) {
    this.#options = options;
  }

  /** The destination of a host; undefined when it is no cluster's endpoint. */
  destination(host: string): Destination | undefined {
    for (const cluster of this.#options.clusters()) {
      if (host !== endpointHost(this.#options.world, cluster).toLowerCase()) continue;
      // Functions run outside of the clusters' VPCs, so they cannot reach the addresses of a private endpoint.
      if (!cluster.endpointPublicAccess || cluster.isSilent === true) return 'silence';
      const { data = '' } = signerAt(cluster, this.#options.world.time.now);
      return { server: this.#serverOf(cluster).http, certificateAuthority: data };
    }
    return undefined;
  }

  /**
   * Serves each cluster's API over TLS on a port of 127.0.0.1, which DescribeCluster then returns to callers from
   * outside. Clusters without a public endpoint are not served. Functions keep using the sandbox's network.
   *
   * @returns a function that ends it
   */
  async serve({ certificate, server: tls }: ServedAuthority): Promise<() => void> {
    const data = Buffer.from(certificate).toString('base64');
    const served: Server[] = [];
    for (const cluster of this.#options.clusters()) {
      if (!cluster.endpointPublicAccess) continue;
      const { http } = this.#serverOf(cluster);
      const server = createServer(tls, (request, response) => http.emit('request', request, response));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      cluster.served = { endpoint: `https://127.0.0.1:${port}`, certificateAuthority: data };
      served.push(server);
    }
    return () => {
      for (const cluster of this.#options.clusters()) delete cluster.served;
      for (const server of served) {
        server.close();
        server.closeAllConnections();
      }
    };
  }

  /** The existing DaemonSets of all clusters. */
  daemonSets(): Array<{ readonly cluster: string; readonly namespace: string; readonly name: string }> {
    return [...this.#servers].flatMap(([cluster, { api }]) =>
      api.daemonSets().map(({ namespace = '', name }) => ({ cluster, namespace, name })),
    );
  }

  /** How many pods of workloads are on a node now, those that are ending among them. */
  countPods(clusterName: string, nodeName: string): number {
    return this.#apiOf(clusterName).countPods(nodeName);
  }

  /** Has answers of a cluster take long, as admission webhooks and servers of custom kinds can. */
  hold(clusterName: string, answers: Hold): void {
    this.#serverOf(this.#clusterOf(clusterName)).hold(answers);
  }

  /** The objects of a kind that a cluster's API would return now. */
  objects(clusterName: string, kind: 'nodes' | 'pods'): Json[] {
    return this.#apiOf(clusterName).objects(kind);
  }

  /**
   * Evicts the workloads' pods of a node, as a drain does, as far as disruption budgets let them go.
   * @returns how many are left on it
   */
  evictPods(clusterName: string, nodeName: string): number {
    const cluster = [...this.#options.clusters()].find(({ name }) => name === clusterName);
    // A cluster without workloads needs no API for that.
    if (cluster === undefined || this.#options.workloadsOf(clusterName).length === 0) return 0;
    return this.#serverOf(cluster).api.evictPods(nodeName);
  }

  /** What Karpenter reads and changes of the nodes of a cluster. */
  karpenterNodes(clusterName: string): KarpenterNodes {
    return this.#apiOf(clusterName).karpenterNodes;
  }

  /** @throws TypeError where there is no such cluster */
  #apiOf(clusterName: string): KubernetesServer['api'] {
    return this.#serverOf(this.#clusterOf(clusterName)).api;
  }

  /** @throws TypeError where there is no such cluster */
  #clusterOf(clusterName: string): EksCluster {
    const cluster = [...this.#options.clusters()].find(({ name }) => name === clusterName);
    if (cluster === undefined) throw new TypeError(`There is no cluster ${clusterName}.`);
    return cluster;
  }

  #serverOf({ name }: EksCluster): KubernetesServer {
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const { nodesOf, accessEntryOf, mappedRolesOf, appliedTo, workloadsOf, karpenterOf, otherHostsOf } = this.#options;
    const server = new KubernetesServer({
      ...this.#options,
      region: this.#options.world.region,
      clusterName: name,
      applied: appliedTo(name),
      workloads: workloadsOf(name),
      nodes: () => nodesOf(name),
      mappedRoles: () => mappedRolesOf(name),
      karpenter: () => karpenterOf(name),
      otherHosts: () => otherHostsOf(name),
      accessEntryOf: (principalArn) => accessEntryOf(name, principalArn),
      // The creator of a cluster administers it. Source: EKS user guide, "Grant IAM users and roles access".
      outsider: () => ({
        arn: callerArn(this.#options.world, { function: 'operator' }),
        groups: [MASTERS],
      }),
    });
    this.#servers.set(name, server);
    return server;
  }
}
