/** A kind of object that the API serves. */
export interface Resource {
  /** API group; empty for the core group. */
  readonly group: string;
  /** As in paths, such as `daemonsets`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** One cause of an error. */
export interface Cause {
  /** A value such as `DisruptionBudget`. */
  readonly reason: string;
  readonly message: string;
}

/** An invalid field. The reason is, for example, `FieldValueInvalid`. */
export interface FieldCause extends Cause {
  readonly field: string;
}

interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A Kubernetes API's error response: a Status object. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  /** A reason such as `NotFound`; empty where the API server gives none. */
  readonly reason: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The Status object on the wire. */
  toStatus(): object {
    const { message, reason, details, code } = this;
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message };
    return { ...status, ...(reason !== '' && { reason }), ...(details !== undefined && { details }), code };
  }
}

/**
 * The API server serves no such path, as that of a custom kind in a version that its definition does not serve. It says so
 * in the words of Go's HTTP server; those that kubectl shows are its own. Source: kubernetes/apiextensions-apiserver,
 * customresource_handler.go (`r.delegate.ServeHTTP`).
 */
export class NotServed extends StatusError {
  /** The body of the response. */
  readonly text = '404 page not found\n';

  constructor() {
    super(404, 'NotFound', 'the server could not find the requested resource');
  }
}

/** `daemonsets.apps`, `nodes`. */
export const qualified = ({ plural, group }: Pick<Resource, 'plural' | 'group'>): string =>
  group === '' ? plural : `${plural}.${group}`;

const detailsOf = ({ group, plural }: Resource, name: string): Details => ({
  name,
  ...(group !== '' && { group }),
  kind: plural,
});

export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

export const notFound = (resource: Resource, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));

export const alreadyExists = (resource: Resource, name: string): StatusError =>
  new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));

/** Somebody else has written since the version that the request names. */
export const modified = (resource: Resource, name: string): StatusError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** The object with this name is not the one that the request means. */
export const preconditionFailed = (resource: Resource, name: string, wanted: string, actual: string): StatusError =>
  conflict(
    resource,
    name,
    `the UID in the precondition (${wanted}) does not match the UID in record (${actual}). The object might have been deleted and then recreated`,
  );

const conflict = (resource: Resource, name: string, why: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );

/** A disruption budget currently forbids the eviction. */
export const budgetViolated = (budget: string, needed: number, healthy: number): StatusError =>
  new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget} needs ${needed} healthy pods and has ${healthy} currently`,
      },
    ],
  });

/** A disruption budget whose status is older than its specification, so that nothing is evicted. */
export const budgetInProcess = (budget: string): StatusError =>
  new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    retryAfterSeconds: 10,
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget} is still being processed by the server.`,
      },
    ],
  });

/** A pod that several budgets select. The API server gives this answer no reason. */
export const severalBudgets = (): StatusError =>
  new StatusError(
    500,
    '',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );

/** An admission webhook says no, with the status that controller-runtime gives its denials. */
export const deniedByWebhook = (webhook: string, why: string): StatusError =>
  new StatusError(403, 'Forbidden', `admission webhook "${webhook}" denied the request: ${why}`);

/** An admission webhook with the failure policy Fail does not answer (Kubernetes, "Dynamic Admission Control"). */
export const webhookFailed = (webhook: string): StatusError =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: failed calling webhook "${webhook}": failed to call webhook: Post "https://policy.policy.svc:443/validate?timeout=10s": no endpoints available for service "policy"`,
  );

/** Nothing can be made in a namespace that is being deleted. Source: kubernetes/kubernetes#93947. */
export const namespaceTerminating = (resource: Resource, name: string, namespace: string): StatusError => {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return new StatusError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated` }],
  });
};

/** The object breaks rules of its kind. @param causes at least one */
export function invalid(
  { kind, group }: Pick<Resource, 'kind' | 'group'>,
  name: string,
  causes: readonly FieldCause[],
): StatusError {
  const all = causes.map(({ field, message }) => `${field}: ${message}`);
  const said = all.length === 1 ? all.join() : `[${all.join(', ')}]`;
  const message = `${qualified({ plural: kind, group })} "${name}" is invalid: ${said}`;
  return new StatusError(422, 'Invalid', message, { name, ...(group !== '' && { group }), kind, causes });
}

export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

export const tooManyRequests = (): StatusError =>
  new StatusError(
    429,
    'TooManyRequests',
    'the server has received too many requests and has asked us to try again later',
    {
      retryAfterSeconds: 1,
    },
  );

export const internalError = (message: string): StatusError =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);

/** The sandbox does not support this. The error is loud, and cannot be mistaken for a response of Kubernetes. */
export const notImplemented = (what: string): StatusError =>
  new StatusError(501, 'NotImplementedBySandbox', `The sandbox does not implement ${what}.`);
