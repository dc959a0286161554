import type { StaticOperationSchema } from '@smithy/types';
import type { RbacRequest } from '../kubernetes/api-request.ts';

/** The maker of a call. Functions have credentials of their own, so that each call can be attributed. */
export interface Caller {
  /** The function's name without the stack's prefix, such as `upgrade-node-groups`; `operator` for any other caller. */
  readonly function: string;
  /** Logical id of the IAM role in the template; undefined for the operator, who may do anything. */
  readonly roleLogicalId?: string;
  /** Lambda request id of the calling invocation. */
  readonly invocationId?: string;
}

/** One permission that a call needs, as IAM evaluates it. */
export interface Permission {
  /** A value such as `eks:UpdateNodegroupVersion`. */
  readonly action: string;
  /** ARN, or `*` where the action has no resource. */
  readonly resource: string;
  /** IAM condition keys of the request, such as `{ 'ec2:ResourceTag/x': 'y' }`. */
  readonly context?: Readonly<Record<string, string | string[]>>;
}

/** What a handler knows about the call besides its input. */
export interface CallContext {
  readonly caller: Caller;
  /** The request id of the response. */
  readonly requestId: string;
  /** The caller's `X-Amzn-Trace-Id`, which the SDK copies from its invocation. */
  readonly traceHeader?: string;
}

/** One operation of a service, with the SDK's input and output types. */
export interface Operation<Input = never, Output = unknown> {
  /** The SDK's schema, such as `UpdateNodegroupVersion$`, which drives parsing and serialization. */
  readonly schema: StaticOperationSchema;
  /** The input members that the sandbox supports. Any other member gets a loud 501. */
  readonly supports: readonly string[];
  /** The permissions that IAM requires. Default: `{action: '<iamPrefix>:<Operation>', resource: '*'}`. */
  readonly permissions?: (input: Input) => Permission[];
  readonly run: (input: Input, context: CallContext) => Output | Promise<Output>;
}

/** Combines the parts of an operation, checked against the SDK's types. */
export function operation<Input extends object, Output extends object>(
  schema: StaticOperationSchema,
  supports: ReadonlyArray<keyof Input & string>,
  run: (input: Input, context: CallContext) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>,
  permissions?: (input: Input) => Permission[],
): Operation<Input, Omit<Output, '$metadata'>> {
  return permissions === undefined ? { schema, supports, run } : { schema, supports, run, permissions };
}

export type Protocol = 'rest-json' | 'json-1.0' | 'json-1.1' | 'query' | 'ec2-query' | 'rpc-v2-cbor';

/** One AWS service, as seen from the wire. */
export interface Service {
  /** The name in the credential scope of signed requests, such as `eks`, `autoscaling`, `events`, `monitoring`. */
  readonly signingName: string;
  /** The IAM prefix of its actions, usually the signing name. */
  readonly iamPrefix: string;
  readonly protocol: Protocol;
  /** Further protocols, for services whose clients choose among several. */
  readonly alsoSpeaks?: readonly Protocol[];
  /**
   * Set for a service that once spoke only the query protocol. It still returns that protocol's error codes, which
   * older clients match on.
   */
  readonly queryCompatible?: true;
  /** XML namespace of query protocols, such as `http://autoscaling.amazonaws.com/doc/2011-01-01/`. */
  readonly xmlNamespace?: string;
  /** Operations by name, such as `UpdateNodegroupVersion`. */
  readonly operations: Readonly<Record<string, Operation>>;
}

/** A call by a function or an operator, as `--calls` prints it and as IAM checks evaluate it. */
export interface CallRecord {
  readonly kind: 'call';
  readonly function: string;
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** `ok`, or the error code of the response. */
  readonly outcome: string;
  /** Virtual time of the response, ISO 8601. */
  readonly at: string;
  readonly requestId: string;
  readonly permissions: readonly Permission[];
  /** For calls of a Kubernetes API: the requests that RBAC evaluated. */
  readonly rbac?: readonly RbacRequest[];
  readonly roleLogicalId?: string;
}
