import { NormalizedSchema } from '@smithy/core/schema';
import type { CallRecord, Service } from '../account/service.ts';
import { type AccountServerOptions, permissionsOf, trusted } from '../wire/account-server.ts';
import { AwsError, NotImplemented } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import { dryRunIn, refuseIncomplete, refuseUnsupported } from '../wire/input-checks.ts';
import { copierOf } from './schema-copy.ts';

/** A call by an SDK client, which has no wire between itself and the account. */
export interface DirectCall {
  /** The model's namespace of the operation, such as `com.amazonaws.ec2`. */
  readonly namespace: string;
  readonly operation: string;
  readonly input: object;
  readonly accessKeyId: string;
  readonly traceHeader: string | undefined;
}

/** The result of one attempt. */
export type DirectAnswer =
  | { readonly output: object; readonly requestId: string }
  | { readonly refused: AwsError; readonly service: Service; readonly requestId: string }
  | 'dropped';

/** Makes an attempt of one call, with the input as its serializer would have sent it. */
export type Attempt = () => Promise<DirectAnswer>;

/**
 * The account's entrance for callers in this process. It does what `AccountServer` does with a request, without HTTP,
 * signatures and serialization. Inputs and outputs are copied by their schemas, so that neither side sees what a wire
 * would drop.
 */
export class DirectCalls {
  readonly #options: AccountServerOptions;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #random: AccountServerOptions['world']['random'];

  constructor(options: AccountServerOptions) {
    this.#options = options;
    this.#random = options.world.random.fork('request ids');
    this.#services = new Map(
      options.services.map((service) => [Object.values(service.operations)[0]?.schema[1] ?? '', service]),
    );
  }

  /**
   * Takes a call's input, which its caller leaves alone until the call has an answer. Each attempt then sends the same
   * input with the same idempotency tokens, as the SDK's attempts do.
   */
  take(call: DirectCall): Attempt {
    const service = this.#services.get(call.namespace);
    const operation = service?.operations[call.operation];
    if (service === undefined || operation === undefined)
      throw new NotImplemented(`${call.namespace}#${call.operation}`);
    const copy = copierOf(operation.schema[4]);
    const tokens = tokensOf(operation.schema[4])
      .filter((member) => (Reflect.get(call.input, member) ?? undefined) === undefined)
      .map((member) => [member, this.#random.uuid()]);
    // Each attempt has its own copy, because an operation may keep its input.
    return () => this.#attempt(call, service, Object.assign(Object(copy(call.input)), Object.fromEntries(tokens)));
  }

  async #attempt(call: DirectCall, service: Service, sent: Record<string, unknown>): Promise<DirectAnswer> {
    const requestId = this.#random.uuid();
    const caller = this.#options.identify(call.accessKeyId);
    const operation = service.operations[call.operation];
    if (operation === undefined) throw new NotImplemented(call.operation);
    const { isDry, input } = dryRunIn(service, sent);
    let permissions: CallRecord['permissions'] = [];
    const record = (outcome: string): void => {
      this.#options.onCall?.({
        kind: 'call',
        function: caller.function,
        service: service.signingName,
        operation: call.operation,
        input,
        outcome,
        at: new Date(this.#options.world.time.now).toISOString(),
        requestId,
        permissions,
        ...(caller.roleLogicalId === undefined ? {} : { roleLogicalId: caller.roleLogicalId }),
      });
    };
    try {
      refuseUnsupported(service, operation, input);
      refuseIncomplete(service, operation, input);
      permissions = permissionsOf(service, call.operation, operation, input);
      const context = { caller, requestId, ...(call.traceHeader !== undefined && { traceHeader: call.traceHeader }) };
      const run = async (): Promise<unknown> => {
        if (isDry) throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
        return operation.run(trusted(input), context);
      };
      const { execute } = this.#options;
      const planned = { service, requestId, operation: call.operation, input, caller, permissions };
      const output = await (execute === undefined ? run() : execute(planned, run));
      record('ok');
      return { output: Object(copierOf(operation.schema[5])(output ?? {})), requestId };
    } catch (error) {
      if (error instanceof ConnectionDropped) {
        record(error.outcome);
        return 'dropped';
      }
      if (!(error instanceof AwsError)) throw error;
      record(error.code);
      return { refused: error, service, requestId };
    }
  }
}

/** The members that the SDK fills in with a random token where the caller gives none. */
function tokensOf(schema: Parameters<typeof NormalizedSchema.of>[0]): readonly string[] {
  const input = NormalizedSchema.of(schema);
  if (!input.isStructSchema()) return [];
  const known = tokens.get(input.getSchema());
  if (known !== undefined) return known;
  const found = [...input.structIterator()].filter(([, member]) => member.isIdempotencyToken()).map(([name]) => name);
  tokens.set(input.getSchema(), found);
  return found;
}

const tokens = new Map<unknown, readonly string[]>();
