import http, { type ClientRequest, type RequestOptions, type Server } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { type Gate, InMemorySocket } from './in-memory-socket.ts';
import { withOverrides } from './module-overrides.ts';

type ResponseListener = (response: http.IncomingMessage) => void;

/** A party's own connections to the account. */
export interface NetworkAttachment {
  /** Replacement of `node:http`: any host reaches the account. */
  readonly http: typeof http;
  /** Replacement of `node:https`: the same, without encryption. */
  readonly https: typeof https;
  /** Requests that are sent and not answered. */
  readonly openRequests: number;
  /** Breaks all connections. The party hears nothing of it, nor of anything else. */
  detach(): void;
}

/** A network without sockets on which every host is the account's HTTP server. */
export class InMemoryNetwork {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** @param gate decides when answers are delivered to this party */
  attach(gate: Gate): NetworkAttachment {
    let detached = false;
    const connections = new Set<InMemorySocket>();
    const open = new Set<ClientRequest>();

    const connect = (): Duplex => {
      // Asked on delivery, not on arrival: the gate may hold an effect back beyond the detachment.
      const client = new InMemorySocket((effect) =>
        gate(() => {
          if (!detached) effect();
        }),
      );
      const server = new InMemorySocket((effect) => effect());
      InMemorySocket.join(client, server);
      connections.add(server);
      server.once('close', () => connections.delete(server));
      this.#server.emit('connection', server);
      return client;
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
      detach() {
        detached = true;
        open.clear();
        for (const connection of connections) connection.destroy();
      },
    };
  }
}

/** `request(options, listener)`, `request(url, listener)` or `request(url, options, listener)`. */
type Send = (
  ...args: [RequestOptions | string | URL, (RequestOptions | ResponseListener)?, ResponseListener?]
) => ClientRequest;

interface Client {
  readonly Agent: typeof http.Agent;
  readonly globalAgent: http.Agent;
}

function modulesOf(connect: () => Duplex, protocol: string, defaultPort: number): Client {
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
