import { AwsError } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import type { PlannedCall } from './planned-call.ts';

/** Calls of functions that are refused each time, whatever the functions' roles allow. A refused call has no effect. */
export interface Refusal {
  /** The calls of one function only, by its name; absent: of all. */
  readonly function?: string;
  /** An operation of AWS, or one of a Kubernetes API as in call records, such as `POST pods/eviction`. */
  readonly operation: string;
  /** Only calls that name this in their input, such as the id of an instance; absent: all. */
  readonly naming?: string;
  /**
   * `denied` has the service's own code for what no policy allows, `throttled` and `failed` those for too many calls and
   * for its internal errors. `dropped` leaves a call without an answer.
   */
  readonly as: 'denied' | 'throttled' | 'failed' | 'dropped' | Answer;
  /** From when and until when calls are refused, ms from the start; absent: from the start, for ever. */
  readonly from?: number;
  readonly until?: number;
}

interface Answer {
  readonly code: string;
  readonly status: number;
  readonly message?: string;
}

/** Each service's error codes for throttling and internal errors, by which SDKs retry. */
const ERRORS: Readonly<
  Record<string, { throttled: [code: string, status: number]; failed: [code: string, status: number] }>
> = {
  eks: { throttled: ['ThrottlingException', 429], failed: ['ServerException', 500] },
  ec2: { throttled: ['RequestLimitExceeded', 503], failed: ['InternalError', 500] },
  iam: { throttled: ['Throttling', 400], failed: ['ServiceFailure', 500] },
  ssm: { throttled: ['ThrottlingException', 400], failed: ['InternalServerError', 500] },
  autoscaling: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500] },
  elasticloadbalancing: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500] },
  inspector2: { throttled: ['ThrottlingException', 429], failed: ['InternalServerException', 500] },
  sts: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500] },
  events: { throttled: ['ThrottlingException', 400], failed: ['InternalException', 500] },
  sqs: { throttled: ['RequestThrottled', 403], failed: ['InternalFailure', 500] },
  sns: { throttled: ['Throttled', 429], failed: ['InternalError', 500] },
  scheduler: { throttled: ['ThrottlingException', 429], failed: ['InternalServerException', 500] },
  dynamodb: { throttled: ['ThrottlingException', 400], failed: ['InternalServerError', 500] },
  kubernetes: { throttled: ['TooManyRequests', 429], failed: ['InternalError', 500] },
  logs: { throttled: ['ThrottlingException', 400], failed: ['ServiceUnavailableException', 503] },
};

const errorsOf = (service: string): (typeof ERRORS)[string] =>
  ERRORS[service] ?? { throttled: ['ThrottlingException', 400], failed: ['InternalFailure', 500] };

/** The error of a service for too many calls, or for what went wrong in it. */
export function errorOf(service: string, kind: 'throttled' | 'failed'): AwsError {
  const [code, status] = errorsOf(service)[kind];
  return new AwsError(code, kind === 'throttled' ? 'Rate exceeded' : 'An internal error has occurred.', status);
}

/** The services whose protocol is Query, and their code for what no policy allows. All others say AccessDeniedException. */
const DENIED: Readonly<Record<string, string>> = {
  ec2: 'UnauthorizedOperation',
  iam: 'AccessDenied',
  sts: 'AccessDenied',
  autoscaling: 'AccessDenied',
  elasticloadbalancing: 'AccessDenied',
  sqs: 'AccessDenied',
  sns: 'AuthorizationError',
  monitoring: 'AccessDenied',
};

/** The error of a service for what no policy allows (its API reference, "Common errors"). */
function denial({ caller, service: { signingName }, operation }: PlannedCall): AwsError {
  const who = `arn:aws:sts::111122223333:assumed-role/${caller.function}/${caller.function}`;
  const why = `User: ${who} is not authorized to perform: ${signingName}:${operation} with an explicit deny in a service control policy`;
  const message = signingName === 'ec2' ? `You are not authorized to perform this operation. ${why}` : why;
  return new AwsError(DENIED[signingName] ?? 'AccessDeniedException', message, 403);
}

/**
 * @param after the time from the start, ms
 * @throws AwsError or ConnectionDropped for a call that is refused each time
 */
export function refuseForGood(refusals: readonly Refusal[], call: PlannedCall, after: number): void {
  const { caller, service, operation, input } = call;
  const refusal = refusals.find(
    (each) =>
      each.operation === operation &&
      (each.function ?? caller.function) === caller.function &&
      (each.naming === undefined || JSON.stringify(input).includes(JSON.stringify(each.naming).slice(1, -1))) &&
      after >= (each.from ?? 0) &&
      after < (each.until ?? Number.POSITIVE_INFINITY),
  );
  if (refusal === undefined) return;
  const { as } = refusal;
  if (as === 'dropped') throw new ConnectionDropped('request lost');
  if (as === 'denied') throw denial(call);
  if (as === 'throttled' || as === 'failed') throw errorOf(service.signingName, as);
  throw new AwsError(as.code, as.message ?? 'The request could not be processed.', as.status);
}
