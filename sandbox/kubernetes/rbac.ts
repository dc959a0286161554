import * as z from 'zod';
import { type ApiRequest, type RbacRequest, resourcePath } from './api-request.ts';
import type { User } from './authenticator.ts';
import { qualified, type Resource, StatusError } from './status-error.ts';

/** The group whose members may do anything. Source: Kubernetes, "Using RBAC Authorization", user-facing roles. */
export const MASTERS = 'system:masters';

/** A manifest that was applied to the cluster. */
export interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const rule = z.strictObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});
const metadata = z.looseObject({ name: z.string(), namespace: z.string().optional() });
const role = z.looseObject({ kind: z.enum(['Role', 'ClusterRole']), metadata, rules: z.array(rule) });
const binding = z.looseObject({
  kind: z.enum(['RoleBinding', 'ClusterRoleBinding']),
  metadata,
  roleRef: z.strictObject({ apiGroup: z.literal('rbac.authorization.k8s.io'), kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.enum(['User', 'Group']), name: z.string() })),
});

type Rule = z.output<typeof rule>;

/** RBAC as a cluster evaluates it, by the roles and bindings among its objects. */
export class Rbac {
  readonly #roles: ReadonlyArray<z.output<typeof role>>;
  readonly #bindings: ReadonlyArray<z.output<typeof binding>>;

  /** @param objects any manifests @throws z.ZodError for a role or binding that is not understood */
  constructor(objects: readonly RbacObject[]) {
    this.#roles = objects.filter(({ kind }) => /^(Cluster)?Role$/.test(kind)).map((object) => role.parse(object));
    this.#bindings = objects.filter(({ kind }) => /Binding$/.test(kind)).map((object) => binding.parse(object));
  }

  /** Whether a user may make a request. */
  allows(user: User, request: RbacRequest): boolean {
    return user.groups.includes(MASTERS) || this.#bindings.some((bound) => this.#allows(bound, user, request));
  }

  /** @throws StatusError 403 */
  authorize(user: User, request: RbacRequest, resource: Resource): void {
    if (this.allows(user, request)) return;
    const { verb, apiGroup, namespace, name } = request;
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const subject = name === undefined ? qualified(resource) : `${qualified(resource)} "${name}"`;
    const denied = `User "${user.username}" cannot ${verb} resource "${request.resource}" in API group "${apiGroup}" ${where}`;
    throw new StatusError(403, 'Forbidden', `${subject} is forbidden: ${denied}`, {
      ...(name !== undefined && { name }),
      ...(apiGroup !== '' && { group: apiGroup }),
      kind: resource.plural,
    });
  }

  #allows({ kind, metadata, roleRef, subjects }: z.output<typeof binding>, user: User, request: RbacRequest): boolean {
    const concerns = subjects.some((subject) =>
      subject.kind === 'Group' ? user.groups.includes(subject.name) : user.username === subject.name,
    );
    // A RoleBinding grants rights in its own namespace only, even those of a ClusterRole.
    if (!concerns || (kind === 'RoleBinding' && metadata.namespace !== request.namespace)) return false;
    const bound = this.#roles.find(
      (one) =>
        one.kind === roleRef.kind &&
        one.metadata.name === roleRef.name &&
        (one.kind === 'ClusterRole' || one.metadata.namespace === metadata.namespace),
    );
    return bound?.rules.some((one) => covers(one, request)) ?? false;
  }
}

function covers({ apiGroups, resources, verbs, resourceNames }: Rule, request: RbacRequest): boolean {
  const has = (values: readonly string[], value: string) => values.includes('*') || values.includes(value);
  return (
    has(apiGroups, request.apiGroup) &&
    has(resources, request.resource) &&
    has(verbs, request.verb) &&
    (resourceNames === undefined || (request.name !== undefined && resourceNames.includes(request.name)))
  );
}

export const rbacRequest = ({ verb, resource, subresource, namespace, name }: ApiRequest): RbacRequest => ({
  verb,
  apiGroup: resource.group,
  resource: resourcePath({ resource, ...(subresource !== undefined && { subresource }) }),
  ...(namespace !== undefined && { namespace }),
  ...(name !== undefined && { name }),
});
