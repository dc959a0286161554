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
 * Problems in which nobody has refused anything: the API server, or the way to it, may only be troubled, so that a later
 * call may succeed.
 */
export const PASSING_PROBLEMS: ReadonlySet<string> = new Set<KubernetesProblem>([
  'conflict',
  'failed',
  'throttled',
  'unreachable',
]);

/** What an API server does not have: an object, or the kind of objects that was asked for. */
export type Absence = 'object' | 'kind';

interface Particulars extends ErrorOptions {
  readonly causes?: readonly string[];
  readonly absence?: Absence | undefined;
  readonly continueWith?: string | undefined;
}

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
  /** Set where the API server itself says that it has none. Status 404 alone may be the word of something in between. */
  readonly absence: Absence | undefined;
  /** The token by which a list goes on whose own has expired, where the response has one. */
  readonly continueWith: string | undefined;

  constructor(
    problem: KubernetesProblem,
    message: string,
    status?: number,
    { causes = [], absence, continueWith, ...options }: Particulars = {},
  ) {
    super(message, options);
    this.problem = problem;
    this.status = status;
    this.causes = causes;
    this.absence = absence;
    this.continueWith = continueWith;
  }
}

export const isKubernetesAccessError = (error: unknown): error is KubernetesAccessError =>
  error instanceof Error && error.name === 'KubernetesAccessError';

/**
 * The result of a call, or undefined when there is none of what it asks for.
 *
 * @param absences what may be absent: also its kind, where that is a custom one
 */
export async function unlessAbsent<T>(
  asked: Promise<T>,
  absences: readonly Absence[] = ['object'],
): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKubernetesAccessError(error) && error.absence !== undefined && absences.includes(error.absence)) {
      return undefined;
    }
    throw error;
  }
}
