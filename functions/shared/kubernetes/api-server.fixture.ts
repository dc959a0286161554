import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '../runtime/system-clock.ts';
import { createKubernetesClient } from './client.ts';
import { CERTIFICATE, KEY } from './localhost.fixture.ts';
import { createPatience, type Patience } from './patience.ts';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Sent as it stands, instead of {@link body} in JSON. */
  readonly raw?: string;
  /** What the body of the request has in it that it answers, whatever its turn: of calls at the same time, any may come first. */
  readonly to?: string;
  /** Breaks the connection instead of responding. */
  readonly lost?: boolean;
  /** Sends the head and then a byte now and then, without an end. */
  readonly drips?: boolean;
}

/** An error in the format of an API server. */
export const status = (code: number, message: string) => ({ status: code, body: { kind: 'Status', message, code } });

const servers: Array<{ close(): void }> = [];
/** To be called after each test. */
export function closeApis(): void {
  for (const server of servers.splice(0)) server.close();
}

/** A client of an API server that gives these responses in turn, and the requests that the server receives. */
export const apiWith = (...replies: Reply[]) => patientApi(() => createPatience(systemClock, 60_000), ...replies);

/**
 * The same, with a limit for the time of all calls together.
 *
 * @param patienceOf makes it of the requests that the server has received so far
 */
export async function patientApi(patienceOf: (received: readonly unknown[]) => Patience, ...replies: Reply[]) {
  const received: Received[] = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, async (request, response) => {
    const { method = '', url = '', headers } = request;
    const asked = await text(request);
    received.push({ method, url, headers, body: asked });
    const reply =
      replies.find(({ to }) => to !== undefined && asked.includes(to)) ?? replies[received.length - 1] ?? {};
    const { status: code = 200, headers: extra, body = {}, raw, lost = false, drips = false } = reply;
    if (lost) {
      request.socket.destroy();
      return;
    }
    response.writeHead(code, { 'content-type': 'application/json', ...extra });
    if (!drips) return void response.end(raw ?? JSON.stringify(body));
    const dripping = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(dripping));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const certificateAuthority = Buffer.from(CERTIFICATE).toString('base64');
  const patience = patienceOf(received);
  const endpoint = `https://localhost:${port}`;
  const access = { cluster: 'prod', endpoint, certificateAuthority, token: 'a-token', patience };
  return { client: createKubernetesClient(access), received, access, server };
}
