import { type Answer, type ApiRequest, type Authorize, bodyOf } from './api-request.ts';
import type { DaemonSets } from './daemon-sets.ts';
import { refuseUndeclared } from './declared-fields.ts';
import { isJson, type Json } from './json.ts';
import { APPLY_PATCH, patchType } from './patches.ts';
import { badRequest, invalid, notImplemented } from './status-error.ts';
import { SYSTEM_NAMESPACE, systemDaemonSet } from './system-pods.ts';

interface Options {
  readonly daemonSets: DaemonSets;
  countNodes(): number;
  /** @throws StatusError 404 */
  requireNamespace(namespace: string): void;
  /** Returns a new number for each change in the cluster. */
  nextVersion(): string;
}

/** What the API server checks of a request for a DaemonSet before it reads or changes one. */
export class DaemonSetRequests {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * @param authorize requests a further right, and throws without it
   * @throws StatusError
   */
  async handle(request: ApiRequest, namespace: string, name: string, authorize: Authorize): Promise<Answer> {
    switch (request.verb) {
      case 'get': {
        const nodes = this.#options.countNodes();
        const system = namespace === SYSTEM_NAMESPACE ? systemDaemonSet(name, nodes) : undefined;
        return { code: 200, object: system ?? this.#options.daemonSets.get(namespace, name) };
      }
      case 'create':
        return { code: 201, object: await this.#create(request, namespace) };
      case 'delete':
        return { code: 200, object: this.#delete(request, namespace, name) };
      default:
        return this.#apply(request, namespace, name, authorize);
    }
  }

  async #create(request: ApiRequest, namespace: string): Promise<Json> {
    const object = bodyOf(request);
    const name = this.#checkIdentity(object, namespace, undefined);
    await refuseUndeclared(object, 'V1DaemonSet');
    this.#options.requireNamespace(namespace);
    const manager = request.query.get('fieldManager') ?? request.userAgent.split('/')[0] ?? '';
    return this.#options.daemonSets.create(namespace, name, object, manager);
  }

  async #apply(request: ApiRequest, namespace: string, name: string, authorize: Authorize): Promise<Answer> {
    if (patchType(request) !== APPLY_PATCH) throw notImplemented('patches of DaemonSets other than server-side apply');
    const manager = request.query.get('fieldManager') ?? '';
    if (manager === '') {
      const message = 'Required value: is required for apply patch';
      const cause = { reason: 'FieldValueRequired', message, field: 'fieldManager' };
      throw invalid({ kind: 'PatchOptions', group: 'meta.k8s.io' }, '', [cause]);
    }
    const manifest = bodyOf(request);
    this.#checkIdentity(manifest, namespace, name);
    await refuseUndeclared(manifest, 'V1DaemonSet');
    const isNew = !this.#options.daemonSets.has(namespace, name);
    if (isNew) {
      this.#options.requireNamespace(namespace);
      // Applying what does not exist creates it, which needs the right to create.
      authorize({ ...request, verb: 'create' });
    }
    const force = request.query.get('force') === 'true';
    return {
      code: isNew ? 201 : 200,
      object: this.#options.daemonSets.apply(namespace, name, manifest, manager, force),
    };
  }

  #delete(request: ApiRequest, namespace: string, name: string): Json {
    const options = request.body === '' ? {} : bodyOf(request);
    const { kind: _kind, apiVersion: _apiVersion, propagationPolicy = 'Background', ...others } = options;
    const policy = request.query.get('propagationPolicy') ?? propagationPolicy;
    if (policy !== 'Background' || Object.keys(others).length > 0) {
      throw notImplemented(`deletion of DaemonSets with propagation ${policy} and ${JSON.stringify(others)}`);
    }
    const { group, plural } = request.resource;
    const uid = this.#options.daemonSets.delete(namespace, name);
    this.#options.nextVersion();
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, group, kind: plural, uid },
    };
  }

  /**
   * The name in the body, which must equal that of the path.
   * @throws StatusError 400
   */
  #checkIdentity({ apiVersion, kind, metadata }: Json, namespace: string, name: string | undefined): string {
    if (apiVersion !== 'apps/v1' || kind !== 'DaemonSet') {
      throw badRequest(
        `the API version and kind in the data (${apiVersion}, Kind=${kind}) do not match the expected ones (apps/v1, Kind=DaemonSet)`,
      );
    }
    const given = isJson(metadata) ? metadata : {};
    if (given.namespace !== undefined && given.namespace !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (name !== undefined && given.name !== name) {
      throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
    }
    return typeof given.name === 'string' ? given.name : '';
  }
}
