import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as z from 'zod';
import type { EmbeddedAccount } from '../embedded-account.ts';
import { dashboardWidget, widgetCall, widgetEventOf } from './widget-call.ts';

const HOST = '127.0.0.1';
/** How long virtual time advances after an action, so that its effect appears, ms. */
const AFTER_ACTION_MS = 2 * 60_000;
const MOST_BODY_BYTES = 100_000;

/** Only the page's own script runs, whatever a widget returns, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const browser = join(import.meta.dirname, 'browser');

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The local page, which does CloudWatch's part for the custom widget, on the loopback interface. */
export interface ConsoleServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the widget of the account's dashboard on 127.0.0.1. Requests with a foreign Host or Origin are refused, so
 * that no other web site in the browser can use it.
 *
 * @param port 0 for any free one
 * @throws Error with code `EADDRINUSE` when the port is taken
 */
export async function serveConsole(account: EmbeddedAccount, port: number): Promise<ConsoleServer> {
  const files = await pageFiles();
  // Requests are handled one at a time, because virtual time has one clock.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = queue.then(run);
    queue = result.catch(() => undefined);
    return result;
  };
  const http = createServer((request, response) => {
    const answered = isLocal(request, http)
      ? answer(account, files, request, inTurn)
      : Promise.resolve(plain(403, 'Only for pages of this server.'));
    answered.then(
      (reply) => send(response, reply),
      (error: unknown) => send(response, plain(500, String(error))),
    );
  });
  http.listen(port, HOST);
  await once(http, 'listening');
  return {
    url: `http://${HOST}:${portOf(http)}/`,
    close: async () => {
      http.close();
      http.closeAllConnections();
      await queue;
    },
  };
}

const portOf = (http: Server): number => {
  const address = http.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/**
 * Whether a request comes from the page itself. A web site can make a browser call this server under another name (DNS
 * rebinding), or across origins.
 */
function isLocal({ headers }: IncomingMessage, http: Server): boolean {
  const ours = [HOST, 'localhost'].map((host) => `${host}:${portOf(http)}`);
  const { host, origin } = headers;
  return host !== undefined && ours.includes(host) && (origin === undefined || origin === `http://${host}`);
}

/** The page's own files. Its script is bundled from TypeScript once. */
async function pageFiles(): Promise<ReadonlyMap<string, Reply>> {
  const { outputFiles } = await build({
    entryPoints: [join(browser, 'page.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    logLevel: 'silent',
  });
  const read = (name: string): string => readFileSync(join(browser, name), 'utf8');
  return new Map([
    ['/', { status: 200, type: 'text/html; charset=utf-8', body: read('page.html') }],
    ['/page.css', { status: 200, type: 'text/css', body: read('page.css') }],
    ['/page.js', { status: 200, type: 'text/javascript', body: outputFiles[0]?.text ?? '' }],
  ]);
}

const pass = z.object({
  minutes: z
    .number()
    .min(1)
    .max(7 * 1_440),
});

async function answer(
  account: EmbeddedAccount,
  files: ReadonlyMap<string, Reply>,
  request: IncomingMessage,
  inTurn: <Result>(run: () => Promise<Result>) => Promise<Result>,
): Promise<Reply> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const { title, endpoint, params } = dashboardWidget(account);
  if (request.method === 'GET') {
    if (pathname === '/standing') {
      const now = `${new Date(account.time.now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      return json({ now, title, endpoint, params });
    }
    return files.get(pathname) ?? plain(404, 'Not found.');
  }
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json') {
    return plain(405, 'Not allowed.');
  }
  const body = await jsonBody(request);
  if (pathname === '/pass') {
    const given = pass.safeParse(body);
    if (!given.success) return plain(400, given.error.message);
    await inTurn(() => account.play(given.data.minutes * 60_000));
    return json({});
  }
  if (pathname !== '/call') return plain(404, 'Not found.');
  const given = widgetCall.safeParse(body);
  if (!given.success) return plain(400, given.error.message);
  const { data: call } = given;
  const known = account.lambda.functions.find(({ arn }) => arn === call.endpoint);
  if (known === undefined) return plain(404, 'There is no such function.');
  return inTurn(async () => {
    const outcome = await account.invoke(known.name, widgetEventOf(account, call));
    if (call.endpoint !== endpoint) await account.play(AFTER_ACTION_MS);
    if (outcome.ok) return json({ html: String(outcome.result) });
    return json({ error: 'error' in outcome ? outcome.error.message : 'Rate Exceeded.' });
  });
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const json = (value: object): Reply => ({ status: 200, type: 'application/json', body: JSON.stringify(value) });
const plain = (status: number, body: string): Reply => ({ status, type: 'text/plain; charset=utf-8', body });

function send(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, {
    'content-type': type,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(body);
}
