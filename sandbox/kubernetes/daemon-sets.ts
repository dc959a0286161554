import type { Random } from '../time/random.ts';
import { DAEMON_SETS } from './api-request.ts';
import { type DaemonSetSpec, readDaemonSetSpec } from './daemon-set.ts';
import { DaemonSetController, type DaemonSetControllerOptions, templateOf } from './daemon-set-controller.ts';
import { refuseImmutable, refuseInvalid } from './daemon-set-rules.ts';
import { isJson, isSame, type Json } from './json.ts';
import type { Served } from './lists.ts';
import { servedPod } from './pods.ts';
import { claimedFields, type Managed, managedFields, serverSideApply } from './server-side-apply.ts';
import { alreadyExists, notFound } from './status-error.ts';

interface Stored {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: string;
  readonly controller: DaemonSetController;
  managed: Managed;
  spec: DaemonSetSpec;
  generation: number;
  resourceVersion: string;
}

export interface DaemonSetsOptions extends DaemonSetControllerOptions {
  readonly random: Random;
  /** Returns a new number for each change in the cluster. */
  nextVersion(): string;
}

/** The DaemonSets of a cluster, and the pods that they run. */
export class DaemonSets {
  readonly #options: DaemonSetsOptions;
  readonly #byKey = new Map<string, Stored>();
  /** Deleted DaemonSets whose pods may still exist. */
  readonly #leaving = new Set<Stored>();

  constructor(options: DaemonSetsOptions) {
    this.#options = options;
  }

  list(namespace: string | undefined): Served[] {
    return [...this.#byKey.values()]
      .filter((one) => namespace === undefined || one.namespace === namespace)
      .map((one) => ({ name: one.name, namespace: one.namespace, labels: labelsOf(one), object: this.#object(one) }));
  }

  pods(namespace: string | undefined): Served[] {
    return [...this.#byKey.values(), ...this.#leaving]
      .filter((one) => namespace === undefined || one.namespace === namespace)
      .flatMap(({ controller, spec, ...owner }) =>
        controller.pods.map((pod) => servedPod(pod, owner, spec.template.spec, spec.template.metadata.labels)),
      );
  }

  /** @throws StatusError 404 */
  get(namespace: string, name: string): Json {
    return this.#object(this.#find(namespace, name));
  }

  /** @throws StatusError 409, 422 */
  create(namespace: string, name: string, object: Json, manager: string): Json {
    if (this.#byKey.has(`${namespace}/${name}`)) throw alreadyExists(DAEMON_SETS, name);
    const claim = { manager, operation: 'Update', apiVersion: 'apps/v1', time: this.#now() } as const;
    return this.#add(namespace, name, { object, managers: [{ ...claim, fields: claimedFields(object) }] });
  }

  has(namespace: string, name: string): boolean {
    return this.#byKey.has(`${namespace}/${name}`);
  }

  /** Server-side apply. @throws StatusError 409, 422 */
  apply(namespace: string, name: string, manifest: Json, manager: string, force: boolean): Json {
    const found = this.#byKey.get(`${namespace}/${name}`);
    const applied = serverSideApply(found?.managed, manifest, { manager, force, time: this.#now() });
    if (found === undefined) return this.#add(namespace, name, applied);
    const spec = readDaemonSetSpec(applied.object);
    refuseInvalid(name, spec);
    refuseImmutable(name, found.spec, spec);
    const changed = !isSame(found.managed.object.spec, applied.object.spec);
    if (changed || !isSame(found.managed.object, applied.object)) {
      found.resourceVersion = this.#options.nextVersion();
      found.managed = applied;
    }
    if (changed) {
      found.spec = spec;
      found.generation += 1;
      found.controller.changed();
    }
    return this.#object(found);
  }

  /**
   * Deletes it at once; its pods follow in the background.
   * @returns its uid
   * @throws StatusError 404
   */
  delete(namespace: string, name: string): string {
    const found = this.#find(namespace, name);
    this.#byKey.delete(`${namespace}/${name}`);
    for (const one of this.#leaving) if (one.controller.pods.length === 0) this.#leaving.delete(one);
    this.#leaving.add(found);
    found.controller.changed();
    return found.uid;
  }

  #find(namespace: string, name: string): Stored {
    const found = this.#byKey.get(`${namespace}/${name}`);
    if (found === undefined) throw notFound(DAEMON_SETS, name);
    return found;
  }

  #add(namespace: string, name: string, managed: Managed): Json {
    const spec = readDaemonSetSpec(managed.object);
    refuseInvalid(name, spec);
    const controller: DaemonSetController = new DaemonSetController(this.#options, () =>
      this.#byKey.get(`${namespace}/${name}`) === stored
        ? { name, generation: stored.generation, template: templateOf(stored.managed.object), spec: stored.spec }
        : undefined,
    );
    const stored: Stored = {
      namespace,
      name,
      uid: this.#options.random.uuid(),
      createdAt: this.#now(),
      controller,
      managed,
      spec,
      generation: 1,
      resourceVersion: this.#options.nextVersion(),
    };
    this.#byKey.set(`${namespace}/${name}`, stored);
    controller.changed();
    return this.#object(stored);
  }

  #object({ managed, namespace, name, uid, createdAt, generation, resourceVersion, controller }: Stored): Json {
    const { metadata, spec, ...others } = managed.object;
    return {
      ...others,
      metadata: {
        ...(isJson(metadata) ? metadata : {}),
        name,
        namespace,
        uid,
        resourceVersion,
        generation,
        creationTimestamp: createdAt,
        managedFields: managedFields(managed.managers),
      },
      spec,
      status: controller.counts(),
    };
  }

  #now(): string {
    return new Date(this.#options.time.now).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function labelsOf({ managed }: Stored): Record<string, string> {
  const { metadata } = managed.object;
  const labels = isJson(metadata) && isJson(metadata.labels) ? metadata.labels : {};
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}
