import http, { type ClientRequest, type RequestOptions, type Server } from 'node:http';
import https from 'node:https';
import { type Gate, InMemorySocket } from './in-memory-socket.ts';
import { withOverrides } from './module-overrides.ts';

type ResponseListener = (response: http.IncomingMessage) => void;

/** The connections of one party. */
export interface NetworkAttachment {
  /** Replacement of `node:http`. */
  readonly http: typeof http;
  /** Replacement of `node:https`: the same, without encryption. */
  readonly https: typeof https;
  /** Number of requests without a response yet. */
  readonly openRequests: number;
  /**
   * Closes its connections when none has an open request, like servers do with idle ones. An open connection is held by
   * Node's HTTP parser, with everything it refers to, as long as the process lives.
   */
  closeIdle(): void;
  /** Breaks all connections. The party is notified of neither this nor anything else. */
  detach(): void;
}

/**
 * The destination of a host: a server with its certificate authority (base64 of PEM), or `silence`, like packets to an
 * unreachable private address.
 */
export type Destination = { readonly server: Server; readonly certificateAuthority: string } | 'silence';

/** Hosts of AWS's own services, apart from clusters' endpoints. */
const AWS_SERVICE =
  /(?<!\.eks)\.(amazonaws\.(com(\.cn)?|eu)|api\.aws|s?c2s\.(ic|sgov)\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/;

/** A network without sockets, in which the hosts of AWS lead to the account's HTTP server. */
export class InMemoryNetwork {
  readonly #account: Server;
  readonly #destination: (host: string) => Destination | undefined;

  readonly #isOffered: (host: string) => boolean;

  /**
   * @param destination where other hosts lead; undefined for a name that does not exist
   * @param isOffered whether AWS offers the service of a host in this region; names of other services do not exist
   */
  constructor(
    account: Server,
    destination: (host: string) => Destination | undefined = () => undefined,
    isOffered: (host: string) => boolean = () => true,
  ) {
    this.#account = account;
    this.#destination = destination;
    this.#isOffered = isOffered;
  }

  /** @param gate decides when responses are delivered to this party */
  attach(gate: Gate): NetworkAttachment {
    let detached = false;
    const connections = new Set<InMemorySocket>();
    const open = new Set<ClientRequest>();
    // Checked on delivery, not on arrival: the gate may delay an effect beyond the detachment.
    const deliver: Gate = (effect) =>
      gate(() => {
        if (!detached) effect();
      });

    const connect: Connect = (options, done) => {
      const client = new InMemorySocket(deliver);
      connections.add(client);
      client.once('close', () => connections.delete(client));
      const found = this.#find(options.host ?? 'localhost', 'ca' in options ? options.ca : undefined);
      if (found instanceof Error) {
        process.nextTick(() => deliver(() => done?.(found, client)));
        return undefined;
      }
      if (found === 'silence') return client;
      const server = new InMemorySocket((effect) => effect());
      InMemorySocket.join(client, server);
      found.emit('connection', server);
      return client;
    };

    const close = (): void => {
      for (const connection of connections) connection.destroy();
    };

    const plain = modulesOf(connect, 'http:', 80);
    const encrypted = modulesOf(connect, 'https:', 443);
    const watched = (send: Send): Send => {
      return (...args) => {
        const request = send(...args);
        open.add(request);
        request.once('response', () => open.delete(request)).once('close', () => open.delete(request));
        return request;
      };
    };
    return {
      http: withOverrides(http, overridesOf(plain, watched)),
      https: withOverrides(https, overridesOf(encrypted, watched)),
      get openRequests() {
        return open.size;
      },
      closeIdle() {
        if (open.size === 0) close();
      },
      detach() {
        detached = true;
        for (const request of open) request.removeAllListeners().on('error', () => {});
        open.clear();
        close();
      },
    };
  }

  #find(host: string, trusted: unknown): Server | 'silence' | Error {
    if (AWS_SERVICE.test(host) && this.#isOffered(host)) return this.#account;
    const destination = this.#destination(host);
    if (destination === undefined) {
      return failure('ENOTFOUND', `getaddrinfo ENOTFOUND ${host}`, { syscall: 'getaddrinfo', hostname: host });
    }
    if (destination === 'silence') return destination;
    const authority = Buffer.from(destination.certificateAuthority, 'base64').toString();
    const trusts = [trusted].flat().some((one) => String(one).includes(authority.trim()));
    return trusts
      ? destination.server
      : failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', {});
  }
}

/** An error like Node's for a failed connection. */
const failure = (code: string, message: string, members: object): Error =>
  Object.assign(new Error(message), { code, ...members });

/** Returns the connection, or passes the callback why there is none. */
type Connect = http.Agent['createConnection'];

/** `request(options, listener)`, `request(url, listener)` or `request(url, options, listener)`. */
type Send = (
  ...args: [RequestOptions | string | URL, (RequestOptions | ResponseListener)?, ResponseListener?]
) => ClientRequest;

interface Client {
  readonly Agent: typeof http.Agent;
  readonly globalAgent: http.Agent;
}

function modulesOf(connect: Connect, protocol: string, defaultPort: number): Client {
  class Agent extends http.Agent {
    readonly protocol = protocol;
    readonly defaultPort = defaultPort;
    override createConnection = connect;
  }
  return { Agent, globalAgent: new Agent({ keepAlive: true }) };
}

function overridesOf(client: Client, watched: (send: Send) => Send): Record<string, unknown> {
  const request = watched((first, second, third) => {
    const listener = typeof second === 'function' ? second : third;
    const url = typeof first === 'string' || first instanceof URL ? new URL(first) : undefined;
    const given = url === undefined ? first : second;
    const options: RequestOptions = {
      ...(url === undefined ? {} : { protocol: url.protocol, host: url.hostname, path: url.pathname + url.search }),
      ...(typeof given === 'object' && !(given instanceof URL) ? given : {}),
      _defaultAgent: client.globalAgent,
    };
    return http.request(options, listener);
  });
  const get: Send = (...args) => request(...args).end();
  return { Agent: client.Agent, globalAgent: client.globalAgent, request, get };
}
