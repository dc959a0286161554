import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Caller, CallRecord, Operation, Permission, Protocol, Service } from '../account/service.ts';
import type { World } from '../account/world.ts';
import { AwsError, NotImplemented } from './aws-error.ts';
import { ConnectionDropped } from './connection-dropped.ts';
import { credentialScope } from './credential-scope.ts';
import { dryRunIn, refuseIncomplete, refuseUnsupported } from './input-checks.ts';
import { jsonProtocol } from './json-protocol.ts';
import { modelError } from './modeled-errors.ts';
import type { Envelope, WireAnswer, WireProtocol, WireRequest } from './protocol.ts';
import { ec2QueryProtocol, queryProtocol } from './query-protocol.ts';
import { bodyOf, guessProtocol, protocolOf, wireRequest } from './read-request.ts';
import { restJsonProtocol } from './rest-json-protocol.ts';
import { rpcV2CborProtocol } from './rpc-v2-cbor-protocol.ts';
import { WrongType } from './wrong-type.ts';

const PROTOCOLS: Readonly<Record<Protocol, WireProtocol>> = {
  'rest-json': restJsonProtocol,
  'json-1.0': jsonProtocol('1.0'),
  'json-1.1': jsonProtocol('1.1'),
  query: queryProtocol,
  'ec2-query': ec2QueryProtocol,
  'rpc-v2-cbor': rpcV2CborProtocol,
};

/** A parsed and valid call, about to be executed. */
export interface Call {
  readonly service: Service;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly requestId: string;
  /** The permissions that IAM requires. */
  readonly permissions: readonly Permission[];
}

export interface AccountServerOptions {
  readonly services: readonly Service[];
  readonly world: Pick<World, 'time' | 'random'>;
  /**
   * The holder of an access key.
   * @throws AwsError for an unknown key
   */
  identify(accessKeyId: string): Caller;
  /**
   * Wraps each call with latency, faults and authorization. Returns what `run` returned. Throws AwsError to refuse or
   * fail the call, or ConnectionDropped to leave it without a response (before `run`: request lost; after: reply lost).
   * Default: just runs it.
   */
  execute?(call: Call, run: () => Promise<unknown>): Promise<unknown>;
  /** Called once for each call of a known service after its response is decided, including refused and dropped ones. */
  onCall?(record: CallRecord): void;
  /**
   * Called for a defect of the sandbox itself, which no function caused. Default: an uncaught exception, which ends the
   * process.
   */
  onDefect?(error: unknown): void;
}

/** The known facts about a call so far. Parsing fills them in, and the call record is built from them in any case. */
interface Progress {
  operation: string;
  input: Readonly<Record<string, unknown>>;
  caller: Caller;
  permissions: readonly Permission[];
}

/**
 * The entrance of the embedded account: AWS's wire protocols on one HTTP server, whichever host the caller addresses.
 */
export class AccountServer {
  /** Never listens by itself: connections come from `http.emit('connection', socket)` or after `http.listen(port)`. */
  readonly http: Server;
  readonly #options: AccountServerOptions;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #requestIds: World['random'];

  constructor(options: AccountServerOptions) {
    this.#options = options;
    this.#services = new Map(options.services.map((service) => [service.signingName, service]));
    this.#requestIds = options.world.random.fork('request ids');
    // No real-time limits: a response may be virtual minutes and real seconds away.
    const unlimited = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };
    this.http = createServer(unlimited, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => this.#defect(error));
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(wireRequest(request, await bodyOf(request)));
    if (answer === undefined) {
      response.destroy();
      return;
    }
    // The SDK compares this header with its clock, so it must be virtual time.
    response.setHeader('date', new Date(this.#options.world.time.now).toUTCString());
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
    response.end(answer.body);
  }

  /** The response, or undefined when the connection is to be dropped. */
  async #answer(request: WireRequest): Promise<WireAnswer | undefined> {
    const requestId = this.#requestIds.uuid();
    const scope = credentialScope(request.headers);
    const service = this.#services.get(scope?.service ?? '');
    if (scope === undefined || service === undefined) {
      const unknown = { signingName: '', iamPrefix: '', protocol: guessProtocol(request), operations: {} };
      const error =
        scope === undefined
          ? new AwsError('MissingAuthenticationToken', 'The request is not signed.', 403)
          : new NotImplemented(`the service ${scope.service}`);
      return PROTOCOLS[unknown.protocol].writeError(modelError(unknown, error), {
        service: unknown,
        requestId,
      });
    }

    const protocol = PROTOCOLS[protocolOf(request, service)];
    const progress: Progress = {
      operation: `${request.method} ${request.path}`,
      input: {},
      caller: { function: 'unknown' },
      permissions: [],
    };
    try {
      progress.caller = this.#options.identify(scope.accessKeyId);
      const answer = await this.#call(request, protocol, { service, requestId }, progress);
      this.#record(service, requestId, progress, 'ok');
      return answer;
    } catch (error) {
      if (error instanceof ConnectionDropped) {
        this.#record(service, requestId, progress, error.outcome);
        return undefined;
      }
      const known = error instanceof WrongType ? protocol.wrongTypeError(error) : error;
      if (!(known instanceof AwsError)) this.#defect(error);
      const awsError = known instanceof AwsError ? known : new AwsError('InternalFailure', String(error), 500);
      this.#record(service, requestId, progress, awsError.code);
      return protocol.writeError(modelError(service, awsError), { service, requestId });
    }
  }

  async #call(
    request: WireRequest,
    protocol: WireProtocol,
    envelope: Envelope,
    progress: Progress,
  ): Promise<WireAnswer> {
    const { service, requestId } = envelope;
    progress.operation = protocol.operationName(request, service);
    const operation = Object.hasOwn(service.operations, progress.operation)
      ? service.operations[progress.operation]
      : undefined;
    if (operation === undefined) throw new NotImplemented(`${service.signingName}.${progress.operation}`);

    const { isDry, input } = dryRunIn(service, protocol.readInput(request, operation.schema));
    progress.input = input;
    refuseUnsupported(service, operation, progress.input);
    refuseIncomplete(service, operation, progress.input);
    progress.permissions = permissionsOf(service, progress.operation, operation, progress.input);
    const traceHeader = request.headers['x-amzn-trace-id'];
    const context = {
      caller: progress.caller,
      requestId,
      ...(typeof traceHeader === 'string' && { traceHeader }),
    };
    const output = await this.#execute(envelope, progress, async () => {
      if (isDry) throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
      return operation.run(trusted(progress.input), context);
    });
    return protocol.writeOutput(operation.schema, output, envelope);
  }

  #execute(envelope: Envelope, progress: Progress, run: () => Promise<unknown>): Promise<unknown> {
    const { execute } = this.#options;
    return execute === undefined ? run() : execute({ ...envelope, ...progress }, run);
  }

  #record(service: Service, requestId: string, progress: Progress, outcome: string): void {
    const { onCall, world } = this.#options;
    const { operation, input, caller, permissions } = progress;
    onCall?.({
      kind: 'call',
      function: caller.function,
      service: service.signingName,
      operation,
      input,
      outcome,
      at: new Date(world.time.now).toISOString(),
      requestId,
      permissions,
      ...(caller.roleLogicalId === undefined ? {} : { roleLogicalId: caller.roleLogicalId }),
    });
  }

  #defect(error: unknown): void {
    const { onDefect } = this.#options;
    if (onDefect !== undefined) onDefect(error);
    else {
      setImmediate(() => {
        throw error;
      });
    }
  }
}

/** The permissions that IAM requires for a call. */
export function permissionsOf(
  service: Service,
  name: string,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
): readonly Permission[] {
  if (operation.permissions !== undefined) return operation.permissions(trusted(input));
  return [{ action: `${service.iamPrefix}:${name}`, resource: '*' }];
}

/** The operation's own schema has parsed the input, so it has the operation's type. */
export const trusted = (input: unknown): never => input as never;
