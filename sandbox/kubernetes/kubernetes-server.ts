import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { PlannedCall } from '../account/planned-call.ts';
import type { Caller, CallRecord } from '../account/service.ts';
import { AwsError } from '../wire/aws-error.ts';
import { ConnectionDropped } from '../wire/connection-dropped.ts';
import { ACCESS_REVIEWS, impersonated, review } from './access-review.ts';
import type { RbacRequest } from './api-request.ts';
import { type ApiRequest, parseRequest, resourcePath } from './api-request.ts';
import { Authenticator, type AuthenticatorOptions } from './authenticator.ts';
import { ClusterApi, type ClusterApiOptions } from './cluster-api.ts';
import { discovery } from './discovery.ts';
import { jsonBody } from './protobuf-body.ts';
import { Rbac, type RbacObject, rbacRequest } from './rbac.ts';
import { internalError, NotServed, StatusError, tooManyRequests } from './status-error.ts';
import { tableOf, wantsTable } from './tables.ts';

export interface KubernetesServerOptions extends Omit<AuthenticatorOptions, 'now'>, ClusterApiOptions {
  readonly applied: readonly RbacObject[];
  /** Wraps each call with latency and faults, like AWS calls. */
  execute<Answer>(call: PlannedCall, run: () => Promise<Answer>): Promise<Answer>;
  /** Called for each call after its response is decided, including refused and dropped ones. */
  onCall?(record: CallRecord): void;
}

/** A call, with the parts for its record. */
type Progress = { operation: string } & Pick<CallRecord, 'input'> & { readonly rbac: RbacRequest[] };

/** What an admission webhook, or a server of a custom kind, does to answers. */
export interface Hold {
  /** The requests that it holds, as `POST /api/v1/…`. */
  readonly requests: RegExp;
  readonly ms: number;
}

const NOT_A_WORKER: Caller = { function: 'unknown' };

/** The API server of one cluster: authentication by EKS token, RBAC, and Kubernetes' REST protocol in JSON. */
export class KubernetesServer {
  /** Never listens: connections come from `http.emit('connection', socket)`. */
  readonly http: Server;
  readonly api: ClusterApi;
  readonly #options: KubernetesServerOptions;
  readonly #authenticator: Authenticator;
  readonly #rbac: Rbac;
  readonly #auditIds: KubernetesServerOptions['world']['random'];
  #hold: Hold | undefined;

  constructor(options: KubernetesServerOptions) {
    const { world, applied, clusterName } = options;
    this.#options = options;
    this.#authenticator = new Authenticator({ ...options, now: () => world.time.now });
    this.#rbac = new Rbac(applied);
    this.api = new ClusterApi(options);
    this.#auditIds = world.random.fork(`audit ids ${clusterName}`);
    // No real-time limits: a response may be virtual minutes and real seconds away.
    this.http = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Holds answers from now on. A caller that goes away in the meantime does not undo what its request does. */
  hold(answers: Hold): void {
    this.#hold = answers;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = this.#auditIds.uuid();
    const sent = await buffer(request);
    if (this.#hold?.requests.test(`${request.method} ${request.url}`) === true) {
      const { ms } = this.#hold;
      await new Promise<void>((resolve) => this.#options.world.time.after(ms, resolve));
    }
    const caller = this.#authenticator.signerOf(request.headers.authorization)?.caller ?? NOT_A_WORKER;
    const progress: Progress = { operation: `${request.method} ${request.url}`, input: {}, rbac: [] };
    try {
      const body = jsonBody(sent);
      const run = () => this.#answer(request, body, progress);
      const { operation, input } = callIn(request, body);
      progress.operation = operation;
      const call = { caller, service: { signingName: 'kubernetes' }, operation, input };
      const { code, object } = await this.#options.execute(call, run);
      this.#record(caller, requestId, progress, 'ok');
      this.#send(response, requestId, code, object);
    } catch (error) {
      if (error instanceof ConnectionDropped) {
        this.#record(caller, requestId, progress, error.outcome);
        response.destroy();
        return;
      }
      const refusal = asStatusError(error);
      this.#record(caller, requestId, progress, refusal.reason || String(refusal.code));
      if (refusal instanceof NotServed) {
        response.writeHead(refusal.code, { 'audit-id': requestId, 'content-type': 'text/plain; charset=utf-8' });
        response.end(refusal.text);
        return;
      }
      this.#send(response, requestId, refusal.code, refusal.toStatus(), refusal.details?.retryAfterSeconds);
    }
  }

  /** Authenticates, authorizes and executes a request, at one virtual moment. */
  async #answer({ method = 'GET', url = '/', headers }: IncomingMessage, body: string, progress: Progress) {
    const path = url.split('?')[0] ?? '';
    const known = discovery(path, this.#options.karpenter?.() !== undefined);
    if (method === 'GET' && known !== undefined) {
      this.#authenticator.authenticate(headers.authorization);
      return { code: 200, object: known };
    }
    if (method === 'POST' && path === ACCESS_REVIEWS) {
      const user = impersonated(this.#authenticator.authenticate(headers.authorization), headers);
      return { code: 201, object: review(this.#rbac, user, body) };
    }
    const contentType = headers['content-type'] ?? '';
    const request = parseRequest({ method, url, contentType, userAgent: headers['user-agent'] ?? '', body });
    const { resource, namespace, name, query } = request;
    Object.assign(progress, {
      operation: `${method} ${resourcePath(request)}`,
      input: { cluster: this.#options.clusterName, namespace, name, ...Object.fromEntries(query), body: inputOf(body) },
    });
    const user = impersonated(this.#authenticator.authenticate(headers.authorization), headers);
    const authorize = (asked: ApiRequest): void => {
      progress.rbac.push(rbacRequest(asked));
      this.#rbac.authorize(user, rbacRequest(asked), resource);
    };
    authorize(request);
    const answer = await this.api.handle(request, authorize);
    const table =
      method === 'GET' && wantsTable(headers.accept)
        ? tableOf(resource.plural, answer.object, this.#options.world.time.now)
        : undefined;
    return table === undefined ? answer : { ...answer, object: table };
  }

  #send(response: ServerResponse, auditId: string, code: number, object: object, retryAfter?: number): void {
    const body = JSON.stringify(object);
    response.writeHead(code, {
      'audit-id': auditId,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      date: new Date(this.#options.world.time.now).toUTCString(),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    });
    response.end(body);
  }

  #record(caller: Caller, requestId: string, progress: Progress, outcome: string): void {
    const { onCall, world } = this.#options;
    onCall?.({
      kind: 'call',
      function: caller.function,
      service: 'kubernetes',
      ...progress,
      outcome,
      at: new Date(world.time.now).toISOString(),
      requestId,
      // IAM is not evaluated: the cluster's access entry and its RBAC decide.
      permissions: [],
      ...(caller.roleLogicalId === undefined ? {} : { roleLogicalId: caller.roleLogicalId }),
    });
  }
}

/** @throws any error that is not a refusal, because it is a defect of the sandbox */
function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (!(error instanceof AwsError)) throw error;
  if (error.status === 429) return tooManyRequests();
  return error.status === 500 ? internalError(error.message) : new StatusError(error.status, error.code, error.message);
}

/** What faults know of a call: its operation as call records have it, and its path and body. */
function callIn({ method = 'GET', url = '/' }: IncomingMessage, body: string): Pick<CallRecord, 'operation' | 'input'> {
  const input = { url, body };
  try {
    const request = parseRequest({ method, url, contentType: '', userAgent: '', body });
    return { operation: `${method} ${resourcePath(request)}`, input };
  } catch {
    return { operation: `${method} ${url}`, input };
  }
}

/** The body as call records show it. */
function inputOf(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    return body;
  }
}
