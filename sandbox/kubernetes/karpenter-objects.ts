import type { Instance } from '../account/ec2/instances.ts';
import type { Karpenter, NodeClass } from '../account/eks/karpenter.ts';
import type { NodePool } from '../account/eks/node-claims.ts';
import { type ApiRequest, EC2_NODE_CLASSES, NODE_CLAIMS, NODE_POOLS } from './api-request.ts';
import { isJson, isSame, type Json } from './json.ts';
import type { Served } from './lists.ts';
import { faultsOf } from './node-class-rules.ts';
import { APPLY_PATCH, patched, patchType } from './patches.ts';
import { invalid, modified, NotServed, notFound, notImplemented, type Resource } from './status-error.ts';

export const KARPENTER_RESOURCES: readonly Resource[] = [EC2_NODE_CLASSES, NODE_POOLS, NODE_CLAIMS];

/** The objects of Karpenter in one cluster, as its API serves them. */
export class KarpenterObjects {
  readonly #karpenter: () => Karpenter | undefined;

  /** @param karpenter returns undefined for a cluster without the custom resources of Karpenter */
  constructor(karpenter: () => Karpenter | undefined) {
    this.#karpenter = karpenter;
  }

  /** @throws StatusError 404 for a kind that the cluster does not have */
  served(resource: Resource): Served[] {
    const karpenter = this.#running();
    const objects =
      resource === EC2_NODE_CLASSES
        ? karpenter.classes.map(classObject)
        : resource === NODE_POOLS
          ? karpenter.pools.map(poolObject)
          : karpenter.pools.flatMap((pool) =>
              karpenter
                .claimsOf(pool.name)
                .map((each) => claimObject(pool, each, karpenter.driftOf(pool, each), karpenter.deletedAt(each))),
            );
    return objects.map((object) => {
      const { name, labels } = object.metadata;
      return { name, labels, object };
    });
  }

  get(resource: Resource, name: string): Json {
    const found = this.served(resource).find((one) => one.name === name);
    if (found === undefined) throw notFound(resource, name);
    return found.object;
  }

  /**
   * Adopts a patch of a node class: of its AMI terms, labels and annotations.
   * @throws StatusError 404, 409 when it names another version than the class has, 422, 501
   */
  patch(request: ApiRequest, name: string): Json {
    if (request.resource !== EC2_NODE_CLASSES) throw notImplemented(`patches of ${request.resource.plural}`);
    if (patchType(request) === APPLY_PATCH) throw notImplemented('server-side apply of node classes');
    const nodeClass = this.#running().classes.find((each) => each.name === name);
    if (nodeClass === undefined) throw notFound(EC2_NODE_CLASSES, name);
    const before = classObject(nodeClass);
    const after = patched(before, request);
    const metadata = isJson(after.metadata) ? after.metadata : {};
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== before.metadata.resourceVersion) {
      throw modified(EC2_NODE_CLASSES, name);
    }
    refuseFaults(name, after.spec);
    const { amiSelectorTerms, ...others } = isJson(after.spec) ? after.spec : {};
    const { amiSelectorTerms: former, ...unchanged } = before.spec;
    if (!isSame(others, unchanged)) throw notImplemented('patches of node classes beyond their AMI selector terms');
    const terms = Array.isArray(amiSelectorTerms) ? amiSelectorTerms.filter(isJson) : [];
    const manager = request.query.get('fieldManager') ?? request.userAgent.split('/')[0] ?? '';
    const labels = isJson(metadata.labels) ? textsIn(metadata.labels) : {};
    const annotations = isJson(metadata.annotations) ? textsIn(metadata.annotations) : {};
    const isWritten = !isSame(terms, former);
    if (isWritten || !isSame(labels, nodeClass.labels) || !isSame(annotations, nodeClass.annotations)) {
      this.#running().write(nodeClass, {
        labels,
        annotations,
        ...(isWritten && { terms, manager: { name: manager, operation: 'Update' as const } }),
      });
    }
    return classObject(nodeClass);
  }

  /** A node of the cluster was changed. */
  nodeChanged(): void {
    this.#karpenter()?.nodeChanged();
  }

  #running(): Karpenter {
    const karpenter = this.#karpenter();
    if (karpenter === undefined || karpenter.apiVersion !== 'v1') {
      throw new NotServed();
    }
    return karpenter;
  }
}

/** @throws StatusError 422 for a spec that the schema of the kind refuses */
function refuseFaults(name: string, spec: unknown): void {
  const causes = faultsOf(spec).map(({ field, message }) => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${message}`,
    field,
  }));
  if (causes.length > 0) throw invalid(EC2_NODE_CLASSES, name, causes);
}

const textsIn = (values: Json): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

function classObject({
  name,
  terms,
  amiFamily,
  userData,
  labels,
  annotations,
  manager,
  version,
  generation,
  amis,
}: NodeClass) {
  return {
    apiVersion: 'karpenter.k8s.aws/v1',
    kind: 'EC2NodeClass',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: String(5_000 + version),
      generation,
      labels,
      annotations,
      managedFields: [
        {
          manager: manager.name,
          operation: manager.operation,
          apiVersion: 'karpenter.k8s.aws/v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:amiSelectorTerms': {} } },
        },
      ],
    },
    spec: {
      role: 'KarpenterNodeRole',
      amiSelectorTerms: terms,
      ...(amiFamily !== undefined && { amiFamily }),
      ...(userData !== undefined && { userData }),
    },
    status: {
      amis: amis.map(({ id, name: image }) => ({ id, name: image, requirements: [] })),
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

const refOf = (name: string) => ({ group: EC2_NODE_CLASSES.group, kind: EC2_NODE_CLASSES.kind, name });

const poolObject = ({ name, nodeClass, expireAfter, terminationGracePeriod, budgets }: NodePool) => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodePool',
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1', labels: {} },
  spec: {
    template: {
      spec: {
        nodeClassRef: refOf(nodeClass),
        expireAfter,
        ...(terminationGracePeriod !== undefined && { terminationGracePeriod }),
      },
    },
    disruption: { budgets },
  },
});

function claimObject(
  pool: NodePool,
  { id, imageId, node, launchedAt, availabilityZone, privateDnsName }: Instance,
  drift: string | undefined,
  deletedAt: number | undefined,
) {
  const is = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False' });
  const hasJoined = node === 'Ready' || node === 'Draining';
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name: `${pool.name}-${id.slice(-5)}`,
      uid: `uid-${id}`,
      resourceVersion: '1',
      creationTimestamp: new Date(launchedAt).toISOString(),
      ...(deletedAt !== undefined && { deletionTimestamp: new Date(deletedAt).toISOString() }),
      finalizers: ['karpenter.sh/termination'],
      labels: { 'karpenter.sh/nodepool': pool.name, 'karpenter.k8s.aws/ec2nodeclass': pool.nodeClass },
    },
    spec: {
      nodeClassRef: refOf(pool.nodeClass),
      expireAfter: pool.expireAfter,
      ...(pool.terminationGracePeriod !== undefined && { terminationGracePeriod: pool.terminationGracePeriod }),
    },
    status: {
      imageID: imageId,
      providerID: `aws:///${availabilityZone}/${id}`,
      ...(hasJoined && { nodeName: privateDnsName }),
      conditions: [
        is('Launched', true),
        is('Registered', hasJoined),
        is('Initialized', hasJoined),
        ...(drift === undefined ? [] : [{ ...is('Drifted', true), reason: drift }]),
      ],
    },
  };
}
