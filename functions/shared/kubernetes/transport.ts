import type { IncomingMessage } from 'node:http';
import { Agent, request as sendRequest } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import {
  type HttpLibrary,
  PatchStrategy,
  type RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { ClusterAccess } from './cluster-access.ts';
import { isFailure, outOfPatience, refusal, tooLong, unreadable, withoutAnswer } from './refusal.ts';

/** Time limit of one attempt, ms. Connections to an unreachable private endpoint hang. */
const ATTEMPT_MS = 10_000;
const MOST_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
/** If an API server asks for a longer pause than this, ms, the call fails and waits for the next reconcile. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * How long an answer may become, bytes. A page of 500 pods usually has 2 to 5 MiB. Whoever may create pods in one cluster
 * could make it 750 MiB, and so end the function for all clusters. In memory an answer takes up to twenty times its
 * length, as where the managed fields of an object are many empty ones.
 */
const MOST_BYTES = 8 * 2 ** 20;

const REPEATABLE_PATCHES: readonly string[] = [PatchStrategy.ServerSideApply, PatchStrategy.MergePatch];

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An answer has more than {@link MOST_BYTES}. Its rest was not read. */
class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** An answer did not come in time, or not as a whole. */
class Late extends Error {
  override readonly name = 'AbortError';
}

/**
 * The transport of the Kubernetes client: Node's own HTTPS instead of `undici`, which would add two thirds to the
 * client's code. Connections are not kept alive, because a function is frozen between invocations and would resume with
 * dead ones.
 *
 * Calls that are safe to repeat are retried when they are throttled (429), fail on the server (5xx) or lose their
 * connection, with four attempts in all, as long as the patience with the cluster lasts. Every failure is thrown as a
 * `KubernetesAccessError`.
 */
export function kubernetesTransport(access: ClusterAccess): HttpLibrary {
  const agent = new Agent({ ca: Buffer.from(access.certificateAuthority, 'base64') });
  const { patience } = access;
  let wasAdmitted = false;
  const send = async (request: RequestContext): Promise<ResponseContext> => {
    const mostAttempts = isRepeatable(request) ? MOST_ATTEMPTS : 1;
    for (let attempt = 1; ; attempt += 1) {
      const within = Math.min(ATTEMPT_MS, patience.left());
      if (within === 0) throw outOfPatience(access);
      const outcome = await exchange(access.token, agent, request, within).catch(asError);
      const pauseMs = attempt < mostAttempts ? pauseAfter(outcome, FIRST_PAUSE_MS * 2 ** (attempt - 1)) : undefined;
      if (pauseMs === undefined || pauseMs >= patience.left()) {
        const response = responseOf(access, outcome, wasAdmitted);
        wasAdmitted = true;
        return response;
      }
      await setTimeout(pauseMs);
    }
  };
  return wrapHttpLibrary({ send: (request) => patience.during(() => send(request)) });
}

/**
 * @param within time limit, ms. It holds until the last byte of the answer has come
 * @throws Late or TooLong
 */
async function exchange(token: string, agent: Agent, request: RequestContext, within: number): Promise<Answer> {
  const signal = AbortSignal.timeout(within);
  try {
    return await answerTo(token, agent, request, signal);
  } catch (error) {
    // Once the head has come, the end of the time shows as a lost connection, after which it would be tried again.
    throw signal.aborted ? new Late() : error;
  }
}

async function answerTo(token: string, agent: Agent, request: RequestContext, signal: AbortSignal): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...request.getHeaders(), authorization: `Bearer ${token}`, 'user-agent': 'eks-host-remediator' };
    const body = request.getBody();
    sendRequest(request.getUrl(), { agent, method: request.getHttpMethod(), headers, signal }, resolve)
      .on('error', reject)
      .end(typeof body === 'string' ? body : undefined);
  });
  const { statusCode = 0, headers } = response;
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { status: statusCode, headers: Object.fromEntries(entries), body: await bodyOf(response) };
}

/** @throws TooLong */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    // Leaving the loop destroys the response, and its connection with it.
    if (bytes > MOST_BYTES) throw new TooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads, deletions, server-side applies and merge patches have the same effect once or twice; a POST may not, unless
 * it only asks.
 */
const isRepeatable = (request: RequestContext): boolean =>
  ['GET', 'DELETE'].includes(request.getHttpMethod()) ||
  REPEATABLE_PATCHES.includes(request.getHeaders()['Content-Type'] ?? '') ||
  CHANGES_NOTHING.test(request.getUrl());

/** A question by POST, about rights. */
const CHANGES_NOTHING = /\/selfsubjectaccessreviews$/;

/** How long to wait before the next attempt, ms; undefined if none would help. */
function pauseAfter(outcome: Answer | Error, usualMs: number): number | undefined {
  if (outcome instanceof Error) {
    const lost = 'code' in outcome && (outcome.code === 'ECONNRESET' || outcome.code === 'EPIPE');
    return lost ? usualMs : undefined;
  }
  if (outcome.status !== 429 && outcome.status < 500) return undefined;
  // Kubernetes sends seconds. A date, as a proxy may send, is ignored.
  const askedMs = (Number(outcome.headers['retry-after']) || 0) * 1000;
  return askedMs > LONGEST_PAUSE_MS ? undefined : Math.max(askedMs, usualMs);
}

/**
 * @param wasAdmitted whether the token was accepted before
 * @throws KubernetesAccessError for anything but success
 */
function responseOf(access: ClusterAccess, outcome: Answer | Error, wasAdmitted: boolean): ResponseContext {
  if (outcome instanceof Late && access.patience.left() === 0) throw outOfPatience(access);
  if (outcome instanceof TooLong) throw tooLong(access, MOST_BYTES);
  if (outcome instanceof Error) throw withoutAnswer(access, outcome);
  const { status, headers, body } = outcome;
  if (status < 200 || status > 299) throw refusal(access, status, body, wasAdmitted);
  // Every answer of an API server is an object. The generated client takes the page of a proxy for one without fields.
  if (!body.startsWith('{') || isFailure(body)) throw unreadable(access, body);
  return new ResponseContext(status, headers, {
    text: async () => body,
    binary: async () => Buffer.from(body),
    stream: () => null,
  });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
