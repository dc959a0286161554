import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createKubernetesClient } from './client.ts';
import { CERTIFICATE, KEY } from './localhost.fixture.ts';

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
  /** Breaks the connection instead of responding. */
  readonly lost?: boolean;
}

/** An error in the format of an API server. */
export const status = (code: number, message: string) => ({ status: code, body: { kind: 'Status', message, code } });

const servers: Array<{ close(): void }> = [];
/** To be called after each test. */
export function closeApis(): void {
  for (const server of servers.splice(0)) server.close();
}

/** A client of an API server that gives these responses in turn, and the requests that the server receives. */
export async function apiWith(...replies: Reply[]) {
  const received: Received[] = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, async (request, response) => {
    const { method = '', url = '', headers } = request;
    received.push({ method, url, headers, body: await text(request) });
    const { status: code = 200, headers: extra, body = {}, lost = false } = replies[received.length - 1] ?? {};
    if (lost) {
      request.socket.destroy();
      return;
    }
    response.writeHead(code, { 'content-type': 'application/json', ...extra }).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const certificateAuthority = Buffer.from(CERTIFICATE).toString('base64');
  const access = { cluster: 'prod', endpoint: `https://localhost:${port}`, certificateAuthority, token: 'a-token' };
  return { client: createKubernetesClient(access), received, access, server };
}
