import type { ClusterNode } from '../account/eks/cluster-nodes.ts';
import { NODES } from './api-request.ts';
import { isJson, isSame, type Json } from './json.ts';
import type { Served } from './lists.ts';
import { COMPUTE_TYPE } from './other-hosts.ts';
import type { SchedulingNode, Taint } from './scheduling.ts';
import { invalid, modified, notFound, notImplemented } from './status-error.ts';

/** The changes that patches have made to a node. */
interface NodeChanges {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Undefined as long as only the account's own changes apply. */
  readonly unschedulable: boolean | undefined;
}

export interface NodeObjectsOptions {
  nodes(): readonly ClusterNode[];
  /** Returns a new number for each change in the cluster. */
  nextVersion(): string;
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };
/** Taints of a node whose kubelet is silent. Source: Kubernetes, "Taint based Evictions". */
const UNREACHABLE: readonly Taint[] = (['NoSchedule', 'NoExecute'] as const).map((effect) => ({
  key: 'node.kubernetes.io/unreachable',
  effect,
}));
/** The taint of a stopped instance's node. Source: Kubernetes, cloud-provider, node lifecycle controller. */
const SHUT_DOWN: Taint = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };
const OWN_TAINTS: readonly string[] = [
  COMPUTE_TYPE,
  ...[UNSCHEDULABLE, NOT_READY, SHUT_DOWN, ...UNREACHABLE].map(({ key }) => key),
];

/** The nodes of a cluster: the account's instances, with the patches made since. */
export class NodeObjects {
  readonly #options: NodeObjectsOptions;
  readonly #changes = new Map<string, NodeChanges>();
  /** The version of each node, and the state that it represents. */
  readonly #versions = new Map<string, { readonly version: string; readonly state: string }>();

  constructor(options: NodeObjectsOptions) {
    this.#options = options;
  }

  /** The nodes, as the scheduler sees them. */
  scheduling(): SchedulingNode[] {
    return this.#options.nodes().map((node) => {
      const { labels, taints, unschedulable = node.unschedulable } = this.#changesOf(node);
      // Kubernetes' own controllers taint a node by its state.
      const ofHealth = node.ready ? [] : node.unheardSince === undefined ? [NOT_READY] : UNREACHABLE;
      const joinedWith = node.taint === undefined ? [] : [node.taint];
      const ofInstance = node.isShutDown === true && !node.ready ? [SHUT_DOWN] : [];
      const own = [...joinedWith, ...(unschedulable ? [UNSCHEDULABLE] : []), ...ofInstance, ...ofHealth];
      return { ...node, labels, unschedulable, taints: [...taints, ...own] };
    });
  }

  served(): Served[] {
    return this.scheduling().map((node) => ({ name: node.name, labels: node.labels, object: this.#object(node) }));
  }

  /** @throws StatusError 404 */
  get(name: string): Json {
    return this.#object(this.#find(name));
  }

  /**
   * Adopts the result of a patch of a node.
   * @throws StatusError 409 when it names another version than the node has, 422, 501 for what the sandbox does not
   * keep
   */
  update(name: string, after: Json): void {
    const node = this.#find(name);
    const before = this.#object(node);
    const { metadata, spec } = after;
    const [meta, fields] = [isJson(metadata) ? metadata : {}, isJson(spec) ? spec : {}];
    const { labels = {}, annotations = {}, resourceVersion = '', ...otherMeta } = meta;
    if (resourceVersion !== '' && resourceVersion !== this.#versionOf(node)) throw modified(NODES, name);
    const { taints = [], unschedulable = false, ...otherFields } = fields;
    if (!isSame(rest(before), rest({ ...after, metadata: otherMeta, spec: otherFields }))) {
      throw notImplemented('patches of nodes that change more than labels, annotations, taints and unschedulable');
    }
    this.#changes.set(name, {
      labels: texts(labels, name, 'metadata.labels'),
      annotations: texts(annotations, name, 'metadata.annotations'),
      taints: (Array.isArray(taints) ? taints : [])
        .map((taint) => readTaint(taint, name))
        .filter(({ key }) => !OWN_TAINTS.includes(key)),
      unschedulable:
        (unschedulable === true) === node.unschedulable
          ? this.#changes.get(name)?.unschedulable
          : unschedulable === true,
    });
  }

  /** The value of an annotation of a node; undefined where either is not there. */
  annotationOf(name: string, key: string): string | undefined {
    return this.#changes.get(name)?.annotations[key];
  }

  /** Taints a node, as a controller does, or takes the taint away. A node that is gone is none. */
  taint(name: string, taint: Taint, is: boolean): void {
    const node = this.#options.nodes().find((one) => one.name === name);
    if (node === undefined) return;
    const { taints, ...others } = this.#changesOf(node);
    const rest = taints.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect);
    this.#changes.set(name, { ...others, taints: is ? [...rest, taint] : rest });
  }

  #find(name: string): SchedulingNode {
    const node = this.scheduling().find((one) => one.name === name);
    if (node === undefined) throw notFound(NODES, name);
    return node;
  }

  #changesOf({ name, labels }: ClusterNode): NodeChanges {
    return this.#changes.get(name) ?? { labels, annotations: {}, taints: [], unschedulable: undefined };
  }

  /** A new version whenever the node differs from when it was last read, whoever has changed it. */
  #versionOf(node: SchedulingNode): string {
    const { labels, taints, unschedulable, ready, unheardSince } = node;
    const { annotations } = this.#changesOf(node);
    const state = JSON.stringify([labels, annotations, taints, unschedulable, ready, unheardSince]);
    const known = this.#versions.get(node.name);
    if (known?.state === state) return known.version;
    const version = this.#options.nextVersion();
    this.#versions.set(node.name, { version, state });
    return version;
  }

  #object(node: SchedulingNode): Json {
    const { annotations } = this.#changesOf(node);
    const created = new Date(node.createdAt).toISOString().replace(/\.\d+Z$/, 'Z');
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node.name,
        uid: `node-${node.instanceId}`,
        resourceVersion: this.#versionOf(node),
        creationTimestamp: created,
        labels: node.labels,
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: {
        providerID: node.providerId,
        ...(node.unschedulable && { unschedulable: true }),
        ...(node.taints.length > 0 && { taints: node.taints }),
      },
      status: {
        addresses: [
          { type: 'InternalIP', address: node.internalIp },
          { type: 'Hostname', address: node.name },
        ],
        conditions: [node.unheardSince === undefined ? readiness(node.ready, created) : unheard(node.unheardSince)],
        nodeInfo: {
          architecture: node.architecture,
          operatingSystem: node.operatingSystem,
          osImage: node.osImage,
          kubeletVersion: node.kubeletVersion,
        },
      },
    };
  }
}

const readiness = (ready: boolean, since: string): Json => ({
  type: 'Ready',
  status: ready ? 'True' : 'False',
  reason: ready ? 'KubeletReady' : 'KubeletNotReady',
  message: ready ? 'kubelet is posting ready status' : 'the kubelet is going down',
  lastTransitionTime: since,
});

/** The condition that the node controller writes where no kubelet does. */
const unheard = (since: number): Json => ({
  type: 'Ready',
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
  lastTransitionTime: new Date(since).toISOString().replace(/\.\d+Z$/, 'Z'),
});

/** A node without the fields that are kept as changes. */
function rest({ metadata, spec, ...others }: Json): Json {
  const { labels: _l, annotations: _a, resourceVersion: _v, ...meta } = isJson(metadata) ? metadata : {};
  const { taints: _t, unschedulable: _u, ...fields } = isJson(spec) ? spec : {};
  return { ...others, metadata: meta, spec: fields };
}

function texts(value: unknown, name: string, field: string): Record<string, string> {
  const entries = Object.entries(isJson(value) ? value : {});
  const wrong = entries.find(([, text]) => typeof text !== 'string');
  if (wrong === undefined) return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
  const message = `Invalid value: ${JSON.stringify(wrong[1])}: must be a string`;
  throw invalid(NODES, name, [{ reason: 'FieldValueInvalid', message, field: `${field}.${wrong[0]}` }]);
}

function readTaint(value: unknown, name: string): Taint {
  const { key, value: text, effect } = isJson(value) ? value : {};
  const known = effect === 'NoSchedule' || effect === 'NoExecute' || effect === 'PreferNoSchedule';
  if (typeof key === 'string' && key !== '' && known) {
    return { key, effect, ...(typeof text === 'string' && text !== '' && { value: text }) };
  }
  const message = `Unsupported value: ${JSON.stringify(effect)}: supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`;
  throw invalid(NODES, name, [{ reason: 'FieldValueNotSupported', message, field: 'spec.taints[0].effect' }]);
}
