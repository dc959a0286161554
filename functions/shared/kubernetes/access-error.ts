/** What stood between a function and a cluster's Kubernetes API. */
export type KubernetesProblem =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'conflict'
  | 'invalid'
  | 'throttled'
  | 'failed';

/**
 * A Kubernetes API did not do what it was asked for. The message says what to do about it, where there is something.
 * The client lives in a file of its own beside the function's bundle, so its errors are known by name, not by class:
 * see {@link isKubernetesAccessError}.
 */
export class KubernetesAccessError extends Error {
  override readonly name = 'KubernetesAccessError';
  readonly problem: KubernetesProblem;
  /** HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** The reasons of its causes, as the answer names them: `DisruptionBudget`, `FieldValueInvalid` … */
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

/** What was asked for, or undefined when it is not there. */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKubernetesAccessError(error) && error.status === 404) return undefined;
    throw error;
  }
}
