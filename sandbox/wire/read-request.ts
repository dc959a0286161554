import type { IncomingMessage } from 'node:http';
import type { Protocol, Service } from '../account/service.ts';
import type { WireRequest } from './protocol.ts';

/** Reads a request's body. If the caller aborts, it never resolves, because nobody is left to answer. */
export function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
  });
}

/** Converts an HTTP request for the protocols. */
export function wireRequest(request: IncomingMessage, body: Buffer): WireRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  return { method: request.method ?? 'GET', path, query: new URLSearchParams(query), headers: request.headers, body };
}

/** The protocol of the request, for services with several. */
export function protocolOf(request: WireRequest, { protocol, alsoSpeaks = [] }: Service): Protocol {
  const spoken = request.headers['smithy-protocol'] === 'rpc-v2-cbor' ? 'rpc-v2-cbor' : guessProtocol(request);
  return alsoSpeaks.includes(spoken) ? spoken : protocol;
}

/** The protocol by the request's headers alone, for requests whose service may be unknown. */
export function guessProtocol(request: WireRequest): Protocol {
  if (request.headers['x-amz-target'] !== undefined) return 'json-1.1';
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? 'query' : 'rest-json';
}
