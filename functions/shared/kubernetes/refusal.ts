import { shortLine } from '../text/short-line.ts';
import { KubernetesAccessError, type KubernetesProblem } from './access-error.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** The problem behind each HTTP status of a Kubernetes API; any other status is `failed`. */
const PROBLEMS: Readonly<Record<number, KubernetesProblem>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  409: 'conflict',
  415: 'invalid',
  422: 'invalid',
  429: 'throttled',
};

const REMEDIES: Partial<Record<KubernetesProblem, string>> = {
  unauthorized:
    'The cluster knows neither an access entry nor a mapping in aws-auth for the role of this function: create one, as docs/kubernetes-access.md tells.',
  forbidden: 'Apply the rights that it needs: `npm run -s rbac | kubectl apply -f -`.',
};

/**
 * The error for a response that is not 2xx.
 * @param body a Status object in JSON, if the API server sent one
 */
export function refusal({ cluster }: ClusterAccess, status: number, body: string): KubernetesAccessError {
  const { message, causes } = statusIn(body);
  const problem = isOfAdmission(message, causes) ? 'denied' : (PROBLEMS[status] ?? 'failed');
  const parts = [`The Kubernetes API of ${cluster} answered ${status}: ${asSentence(message)}`, REMEDIES[problem]];
  return new KubernetesAccessError(problem, parts.filter((part) => part !== undefined).join(' '), status, { causes });
}

/**
 * Whether admission refused the request, which RBAC allows: a webhook in its own words and with any status, a
 * ValidatingAdmissionPolicy, or a namespace that ends, in which nothing may be made any more, evictions neither. Sources:
 * Kubernetes, `ToStatusErr` of its webhooks; kubernetes/kubernetes#93947.
 */
const isOfAdmission = (message: string, causes: readonly string[]): boolean =>
  causes.includes('NamespaceTerminating') ||
  /admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy '[^']*'.* denied request/.test(message);

/**
 * The error for a response that is too long to be read.
 * @param most bytes
 */
export const tooLong = ({ cluster }: ClusterAccess, most: number): KubernetesAccessError =>
  new KubernetesAccessError(
    'too-long',
    `The Kubernetes API of ${cluster} answers with more than ${most / 2 ** 20} MiB at once, which is too much to read.`,
  );

/**
 * The error for a success whose body is not what was asked for: the page of a proxy, half a document, a list of something
 * else.
 * @param what the body, or what is wrong with it
 */
export const unreadable = ({ cluster }: ClusterAccess, what: string, options?: ErrorOptions): KubernetesAccessError =>
  new KubernetesAccessError(
    'failed',
    `The Kubernetes API of ${cluster} gives an answer that cannot be read (${shortLine(what, 200) || 'it is empty'}). Something in between answers instead, or a server that an APIService of the cluster names.`,
    undefined,
    options,
  );

const PRIVATE =
  "If only its private endpoint is enabled, put this function into the cluster's VPC, or enable the public endpoint too.";

/** The error for a call that is not made any more, because those before it took too long. */
export const outOfPatience = ({ cluster }: ClusterAccess): KubernetesAccessError =>
  new KubernetesAccessError(
    'unreachable',
    `The Kubernetes API of ${cluster} is too slow, or cannot be reached: no more calls are made in this look. Admission webhooks, or servers of custom kinds, may hold them up. ${PRIVATE}`,
  );

/**
 * The error for a call without a response.
 * @param error as `node:https` raises it
 */
export function withoutAnswer({ cluster, endpoint }: ClusterAccess, error: Error): KubernetesAccessError {
  const code = error.name === 'AbortError' ? 'no answer in time' : codeOf(error);
  const remedy = isCertificateError(code)
    ? 'Its certificate is not of the authority that EKS names for the cluster: something in between answers instead.'
    : PRIVATE;
  const message = `The Kubernetes API of ${cluster} cannot be reached at ${endpoint} (${code}). ${remedy}`;
  return new KubernetesAccessError('unreachable', message, undefined, { cause: error });
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message;

/** OpenSSL's verification errors as Node names them, such as `UNABLE_TO_VERIFY_LEAF_SIGNATURE`. */
const isCertificateError = (code: string): boolean => /CERT|SIGNATURE|ISSUER/.test(code);

interface Status {
  readonly message: string;
  readonly causes: readonly string[];
}

function statusIn(body: string): Status {
  try {
    const status: unknown = JSON.parse(body);
    if (isRecord(status) && status.message !== undefined) {
      const causes = isRecord(status.details) && Array.isArray(status.details.causes) ? status.details.causes : [];
      return {
        message: shortLine(String(status.message), LONGEST),
        causes: causes.flatMap((cause) => (isRecord(cause) && typeof cause.reason === 'string' ? cause.reason : [])),
      };
    }
  } catch {
    // A proxy or load balancer in between answers in its own format.
  }
  return { message: shortLine(body, 200) || 'nothing else', causes: [] };
}

/**
 * How long a message may become, in characters. Whoever runs an admission webhook writes what the API server says of its
 * refusals, in any length.
 */
const LONGEST = 1_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
