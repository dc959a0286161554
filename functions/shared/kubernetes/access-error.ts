/** The kind of problem with a cluster's Kubernetes API. */
export type KubernetesProblem =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  /** Admission refuses it: a webhook, a policy of the cluster, or the end of its namespace. */
  | 'denied'
  | 'conflict'
  | 'invalid'
  | 'throttled'
  | 'too-long'
  | 'failed';

/**
 * A call to a Kubernetes API failed. The message says how to fix it, where there is a fix. The client is bundled as a
 * separate file beside the function, so its errors are recognized by name and not by class: see {@link
 * isKubernetesAccessError}.
 */
export class KubernetesAccessError extends Error {
  override readonly name = 'KubernetesAccessError';
  readonly problem: KubernetesProblem;
  /** HTTP status of the response; undefined when there was none. */
  readonly status: number | undefined;
  /** Reasons of the causes in the response, such as `DisruptionBudget` or `FieldValueInvalid`. */
  readonly causes: readonly string[];

  constructor(
    problem: KubernetesProblem,
    message: string,
    status?: number,
    { causes = [], ...options }: ErrorOptions & { readonly causes?: readonly string[] } = {},
  ) {
    super(message, options);
    this.problem = problem;
    this.status = status;
    this.causes = causes;
  }
}

export const isKubernetesAccessError = (error: unknown): error is KubernetesAccessError =>
  error instanceof Error && error.name === 'KubernetesAccessError';

/** The result of a call, or undefined when the object does not exist. */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKubernetesAccessError(error) && error.status === 404) return undefined;
    throw error;
  }
}
