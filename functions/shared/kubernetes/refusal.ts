import { asSentence } from '../text/as-sentence.ts';
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

/** Where an answer comes from that no API server gives. */
const IN_BETWEEN = 'Something in between answers instead, or a server that an APIService of the cluster names.';

/** What Go's HTTP server, and so an API server, says of a path that it does not serve, such as that of another version. */
const NOT_SERVED = /^404 page not found\s*$/;

/**
 * The error for a response that is not 2xx.
 *
 * An API server tells what it refuses by a Status object. It has other words only where it is overloaded or broken (429,
 * 5xx), and for paths that it does not serve. Whatever else answers, such as a proxy, says nothing about the objects and
 * rights of the cluster.
 *
 * @param body a Status object in JSON, if the API server sent one
 * @param wasAdmitted whether it has accepted the same token before
 */
export function refusal(
  { cluster }: ClusterAccess,
  status: number,
  body: string,
  wasAdmitted = false,
): KubernetesAccessError {
  const { isStatus, message, causes, continueWith } = statusIn(body);
  const isUnserved = status === 404 && NOT_SERVED.test(body);
  const isForeign = !isStatus && !isUnserved && status < 500 && status !== 429;
  const hasExpired = status === 401 && wasAdmitted;
  const known = isForeign || hasExpired ? 'failed' : (PROBLEMS[status] ?? 'failed');
  const problem = isStatus && isOfAdmission(message, causes) ? 'denied' : known;
  const remedy = isForeign ? IN_BETWEEN : hasExpired ? EXPIRED : REMEDIES[problem];
  const parts = [`The Kubernetes API of ${cluster} answered ${status}: ${asSentence(message)}`, remedy];
  const isAbsent = status === 404 && problem === 'failed' && !isForeign;
  return new KubernetesAccessError(problem, parts.filter((part) => part !== undefined).join(' '), status, {
    causes,
    ...(isAbsent && { absence: isUnserved ? 'kind' : 'object' }),
    ...(status === 410 && { continueWith }),
  });
}

const EXPIRED = 'It had accepted the same token before, so that has expired. The next look asks with a new one.';

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
    `The Kubernetes API of ${cluster} gives an answer that cannot be read (${shortLine(what, 200) || 'it is empty'}). ${IN_BETWEEN}`,
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
  const remedy = OF_CERTIFICATES.find(([pattern]) => pattern.test(code))?.[1] ?? PRIVATE;
  const message = `The Kubernetes API of ${cluster} cannot be reached at ${endpoint} (${code}). ${remedy}`;
  return new KubernetesAccessError('unreachable', message, undefined, { cause: error });
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message;

/** What is wrong with a certificate, by the verification errors of OpenSSL and Node, such as `CERT_HAS_EXPIRED`. */
const OF_CERTIFICATES: ReadonlyArray<readonly [code: RegExp, remedy: string]> = [
  [/CERT_HAS_EXPIRED/, 'Its certificate has expired: whatever answers there has to renew it.'],
  [/CERT_NOT_YET_VALID/, 'Its certificate is not valid yet: whatever answers there has a clock that is ahead.'],
  [/ALTNAME_INVALID/, 'Its certificate is for another name: something in between answers instead.'],
  [
    /CERT|SIGNATURE|ISSUER/,
    'Its certificate is not of the authority that EKS names for the cluster: something in between answers instead.',
  ],
];

interface Status {
  /** Whether it is a Status object, as API servers send it. */
  readonly isStatus: boolean;
  readonly message: string;
  readonly causes: readonly string[];
  readonly continueWith?: string | undefined;
}

function statusIn(body: string): Status {
  try {
    const status: unknown = JSON.parse(body);
    if (isRecord(status) && status.message !== undefined) {
      const causes = isRecord(status.details) && Array.isArray(status.details.causes) ? status.details.causes : [];
      const next = isRecord(status.metadata) ? status.metadata.continue : undefined;
      return {
        isStatus: status.kind === 'Status',
        continueWith: typeof next === 'string' && next !== '' ? next : undefined,
        message: shortLine(String(status.message), LONGEST),
        causes: causes.flatMap((cause) => (isRecord(cause) && typeof cause.reason === 'string' ? cause.reason : [])),
      };
    }
  } catch {
    // A proxy or load balancer in between answers in its own format.
  }
  return { isStatus: false, message: shortLine(body, 200) || 'nothing else', causes: [] };
}

/** How long a Status object may be to be looked for in a success, characters: the pages of lists are not read twice. */
const LONGEST_STATUS = 100_000;

/**
 * Whether the body of a success is a Status object that tells of a failure, as a server of the cluster's own may send it:
 * an API server sends the status of the failure, too.
 */
export function isFailure(body: string): boolean {
  if (body.length > LONGEST_STATUS || !body.includes('"Failure"')) return false;
  try {
    const status: unknown = JSON.parse(body);
    return isRecord(status) && status.kind === 'Status' && status.status === 'Failure';
  } catch {
    return false;
  }
}

/**
 * How long a message may become, in characters. Whoever runs an admission webhook writes what the API server says of its
 * refusals, in any length.
 */
const LONGEST = 1_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
