import type { StaticOperationSchema } from '@smithy/types';
import type { RbacRequest } from '../kubernetes/api-request.ts';

/** Who makes a call. Functions have credentials of their own, so that every call is known by its maker. */
export interface Caller {
  /** The function's name without the stack's prefix, for example `upgrade-node-groups`; `operator` for anyone outside. */
  readonly function: string;
  /** Logical id of the IAM role in the template; undefined for the operator, who may do anything. */
  readonly roleLogicalId?: string;
  /** Lambda request id of the invocation that makes the call. */
  readonly invocationId?: string;
}

/** One permission that a call needs, as IAM evaluates it. */
export interface Permission {
  /** For example `eks:UpdateNodegroupVersion`. */
  readonly action: string;
  /** ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** IAM condition keys of the request, for example `{ 'ec2:ResourceTag/x': 'y' }`. */
  readonly context?: Readonly<Record<string, string | string[]>>;
}

/** What a handler learns of the call besides its input. */
export interface CallContext {
  readonly caller: Caller;
  /** The id that the answer carries as its request id. */
  readonly requestId: string;
  /** The caller's `X-Amzn-Trace-Id`, which the SDK takes from its invocation. */
  readonly traceHeader?: string;
}

/** One operation of a service, typed by the SDK's own input and output. */
export interface Operation<Input = never, Output = unknown> {
  /** The SDK's schema, for example `UpdateNodegroupVersion$`: it drives parsing and writing. */
  readonly schema: StaticOperationSchema;
  /** The input members that the sandbox honours; any other one that is present gets a loud 501. */
  readonly supports: readonly string[];
  /** The permissions that IAM would ask for. Default: `{action: '<iamPrefix>:<Operation>', resource: '*'}`. */
  readonly permissions?: (input: Input) => Permission[];
  readonly run: (input: Input, context: CallContext) => Output | Promise<Output>;
}

/** Ties an operation's parts together under the SDK's types. */
export function operation<Input extends object, Output extends object>(
  schema: StaticOperationSchema,
  supports: ReadonlyArray<keyof Input & string>,
  run: (input: Input, context: CallContext) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>,
  permissions?: (input: Input) => Permission[],
): Operation<Input, Omit<Output, '$metadata'>> {
  return permissions === undefined ? { schema, supports, run } : { schema, supports, run, permissions };
}

export type Protocol = 'rest-json' | 'json-1.0' | 'json-1.1' | 'query' | 'ec2-query' | 'rpc-v2-cbor';

/** One AWS service as the wire sees it. */
export interface Service {
  /** The name in the credential scope of a signed request, for example `eks`, `autoscaling`, `events`, `monitoring`. */
  readonly signingName: string;
  /** The IAM prefix of its actions: mostly the signing name. */
  readonly iamPrefix: string;
  readonly protocol: Protocol;
  /** What it speaks besides: clients choose among the protocols of some services. */
  readonly alsoSpeaks?: readonly Protocol[];
  /** It once spoke the query protocol alone, and still tells that protocol's error codes: older clients match on them. */
  readonly queryCompatible?: true;
  /** XML namespace of query protocols, for example `http://autoscaling.amazonaws.com/doc/2011-01-01/`. */
  readonly xmlNamespace?: string;
  /** Operations by name, for example `UpdateNodegroupVersion`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** The names that the error code has in the XML of query protocols need nothing more; JSON ones are `AwsError.code`. */
  readonly raw?: (target: string, body: Buffer) => Promise<{ status: number; body: string }>;
}

/** A call that a function or an operator made, as `--calls` prints it and as IAM checks see it. */
export interface CallRecord {
  readonly kind: 'call';
  readonly function: string;
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** `ok`, or the error code that was answered. */
  readonly outcome: string;
  /** ISO 8601, virtual time of the answer. */
  readonly at: string;
  readonly requestId: string;
  readonly permissions: readonly Permission[];
  /** For calls of a Kubernetes API: what RBAC was asked for. */
  readonly rbac?: readonly RbacRequest[];
  readonly roleLogicalId?: string;
}
