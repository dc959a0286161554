import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** One call on the wire: the client's request, and the sandbox's response. Bodies in base64. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    /** Path and query string, as sent. */
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

/** How many similar calls are kept, which differ in values only. */
const ALIKE = 10;

/** The calls to an account's server, without those that would only repeat others. */
export class Traffic {
  /** Number of calls, including those that are not kept. */
  count = 0;
  readonly #kept: Exchange[] = [];
  readonly #alike = new Map<string, number>();

  get exchanges(): readonly Exchange[] {
    return this.#kept;
  }

  /** Listens in parallel to the server, which responds as usual. */
  listenTo(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const sent: Buffer[] = [];
      request.on('data', (chunk: Buffer) => sent.push(chunk));
      const end = response.end.bind(response);
      // The server passes each response as a whole. A dropped connection has none.
      const recording = (answer: string | Uint8Array): ServerResponse => {
        this.#add(request, Buffer.concat(sent), response, Buffer.from(answer));
        return end(answer);
      };
      response.end = recording as ServerResponse['end'];
    });
  }

  #add(request: IncomingMessage, sent: Buffer, response: ServerResponse, answered: Buffer): void {
    this.count += 1;
    const shape = [request.headers['x-amz-target'], request.method, signer(request), response.statusCode].join(' ');
    const key = `${shape} ${outline(`${request.url} ${sent}`)} ${outline(String(answered))}`;
    const alike = this.#alike.get(key) ?? 0;
    this.#alike.set(key, alike + 1);
    if (alike >= ALIKE) return;
    this.#kept.push({
      request: {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: texts(request.headers),
        body: sent.toString('base64'),
      },
      response: {
        status: response.statusCode,
        headers: texts(response.getHeaders()),
        body: answered.toString('base64'),
      },
    });
  }
}

const signer = ({ headers }: IncomingMessage): string => /Credential=\S+/.exec(headers.authorization ?? '')?.[0] ?? '';

/** The distinct names in a text: two texts with the same names have the same shape. */
function outline(text: string): string {
  const names = text.match(/"\w+"(?=:)|<\w+(?=[>/])|[\w.]+(?==)|"?[A-Z_]{4,}\b/g) ?? [];
  return [...new Set(names.map((name) => name.replaceAll(/\d+/g, '#')))].sort().join();
}

const texts = (headers: NodeJS.Dict<number | string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
