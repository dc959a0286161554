import { text } from 'node:stream/consumers';
import { clusterToken } from '../../functions/shared/kubernetes/access.ts';
import { KUBERNETES_GROUP, rbacManifest } from '../../kubernetes/rbac.ts';
import type { ClusterNode } from '../account/eks/cluster-nodes.ts';
import { type FaultPlan, Faults } from '../account/faults.ts';
import type { CallRecord } from '../account/service.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { certificateAuthority } from './certificate-authority.ts';
import { isJson, type Json } from './json.ts';
import { KubernetesServer } from './kubernetes-server.ts';
import type { RbacObject } from './rbac.ts';
import type { Workload } from './workload-pods.ts';

export const NOW = Date.parse('2026-07-14T06:00:00Z');
export const ROLE_ARN = 'arn:aws:iam::111122223333:role/agent-role';
const CLUSTER_ID = '0123456789ABCDEF0123456789ABCDEF';
const CREDENTIALS = { accessKeyId: 'AKIDAGENT', secretAccessKey: 'sandbox', sessionToken: 'sandbox' };

/** Rights to do everything that the API serves. */
export const ALL_RIGHTS: RbacObject[] = [
  ...rbacManifest(),
  clusterRole('all', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]),
  binding('all'),
];

function clusterRole(name: string, rules: object[]): RbacObject & { rules: object[] } {
  return { kind: 'ClusterRole', metadata: { name }, rules };
}

function binding(name: string): RbacObject & Record<string, unknown> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  return {
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef,
    subjects: [{ kind: 'Group', name: KUBERNETES_GROUP }],
  };
}

export interface TestClusterOptions {
  readonly nodes?: readonly ClusterNode[];
  readonly applied?: readonly RbacObject[];
  /** Whether the cluster has an access entry for the role. */
  readonly known?: boolean;
  readonly faults?: FaultPlan;
  readonly seed?: number;
  /** Kills the execution environment of the caller. */
  readonly crash?: () => void;
  readonly clusterName?: string;
  /** Kubernetes groups of the access entry. */
  readonly groups?: readonly string[];
  readonly workloads?: readonly Workload[];
  /** Responses take no virtual time, and there are no faults. */
  readonly instant?: boolean;
}

export interface TestAnswer {
  readonly code: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** One cluster's API server, without an account around it. */
export function testCluster(options: TestClusterOptions = {}) {
  const { nodes = [], applied = ALL_RIGHTS, known = true, faults: plan = {}, seed = 1, clusterName = 'prod' } = options;
  const { groups = [KUBERNETES_GROUP], workloads = [], instant = false } = options;
  const time = new VirtualTime(NOW);
  const random = new Random(seed);
  const faults = new Faults({ time, random }, plan, options.crash ?? (() => {}));
  const calls: CallRecord[] = [];
  const reached: string[] = [];
  const current = [...nodes];
  const server = new KubernetesServer({
    clusterName,
    region: 'eu-central-1',
    world: { time, random },
    applied,
    workloads,
    nodes: () => current,
    principalOf: (accessKeyId) =>
      accessKeyId === CREDENTIALS.accessKeyId
        ? {
            caller: { function: 'agent', invocationId: 'i', roleLogicalId: 'Role' },
            arn: ROLE_ARN,
            secretAccessKey: 'sandbox',
          }
        : undefined,
    accessEntryOf: (arn) =>
      known && arn === ROLE_ARN
        ? {
            username: 'arn:aws:sts::111122223333:assumed-role/agent-role/{{SessionName}}',
            kubernetesGroups: [...groups],
          }
        : undefined,
    pulls: (_instanceId, image) => !image.startsWith('unreachable/'),
    onHostReached: (instanceId) => reached.push(instanceId),
    execute: (call, run) => (instant || call.caller.invocationId === undefined ? run() : faults.aroundCall(call, run)),
    onCall: (call) => calls.push(call),
  });
  const host = `${CLUSTER_ID}.gr7.eu-central-1.eks.amazonaws.com`;
  const authority = certificateAuthority(CLUSTER_ID);
  const destination = (name: string) =>
    name === host.toLowerCase() ? { server: server.http, certificateAuthority: authority } : undefined;
  const network = new InMemoryNetwork(server.http, destination);
  const { https } = network.attach((effect) => effect());

  const token = (cluster = clusterName, at = time.now) =>
    clusterToken({ cluster, region: 'eu-central-1', credentials: CREDENTIALS, clock: { now: () => at } });

  /** Makes a request, and lets time pass until the response arrives. */
  const call = async (
    method: string,
    path: string,
    { body, contentType = 'application/json', bearer }: { body?: unknown; contentType?: string; bearer?: string } = {},
  ): Promise<TestAnswer> => {
    const headers = {
      authorization: `Bearer ${bearer ?? (await token())}`,
      'content-type': contentType,
      'user-agent': 'tester/1.0',
    };
    const answer = new Promise<TestAnswer>((resolve, reject) => {
      const ca = Buffer.from(authority, 'base64').toString();
      https
        .request({ host: host.toLowerCase(), path, method, headers, ca }, async (response) => {
          const parsed: unknown = JSON.parse(await text(response));
          resolve({ code: response.statusCode ?? 0, body: isJson(parsed) ? parsed : {}, headers: response.headers });
        })
        .on('error', reject)
        .end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
    const [answered] = await Promise.all([answer, time.play(time.now + 60)]);
    return answered;
  };
  const apply = (manifest: Json, query = 'fieldManager=tester', name = 'installer') =>
    call('PATCH', `/apis/apps/v1/namespaces/eks-host-remediator/daemonsets/${name}?${query}`, {
      body: manifest,
      contentType: 'application/apply-patch+yaml',
    });
  return {
    time,
    random,
    call,
    apply,
    token,
    calls,
    reached,
    nodes: current,
    network,
    server,
    endpoint: `https://${host}`,
    authority,
  };
}

/** A ready Linux node. */
export function testNode(name: string, more: Partial<ClusterNode> = {}): ClusterNode {
  const architecture = more.architecture ?? 'amd64';
  const operatingSystem = more.operatingSystem ?? 'linux';
  return {
    name,
    instanceId: `i-0${name}`,
    providerId: `aws:///eu-central-1a/i-0${name}`,
    osImage: 'Ubuntu 22.04.5 LTS',
    operatingSystem,
    architecture,
    kubeletVersion: 'v1.33.0-eks-1a2b3c4',
    internalIp: '10.0.0.1',
    labels: { 'kubernetes.io/arch': architecture, 'kubernetes.io/os': operatingSystem, 'kubernetes.io/hostname': name },
    ready: true,
    unschedulable: false,
    createdAt: NOW - 3_600_000,
    ...more,
  };
}

/** A DaemonSet that does nothing, with these parts in its pods' spec. */
export function testDaemonSet(podSpec: Json = {}, { image = 'registry/installer:1', name = 'installer' } = {}): Json {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'eks-host-remediator' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }], ...podSpec } },
    },
  };
}
