import type { IncomingHttpHeaders } from 'node:http';
import type { StaticOperationSchema } from '@smithy/types';
import type { Service } from '../account/service.ts';
import type { AwsError } from './aws-error.ts';
import type { ModeledError } from './modeled-errors.ts';
import type { WrongType } from './wrong-type.ts';

/** An HTTP request, its body read. */
export interface WireRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query string. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An HTTP answer that is yet to be sent. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What is the same in every answer of one call. */
export interface Envelope {
  readonly service: Service;
  readonly requestId: string;
}

/** The server's side of one AWS protocol: where things stand in requests and answers. */
export interface WireProtocol {
  /**
   * The name of the operation that the request asks for.
   *
   * @throws AwsError when it names none, or (REST) asks for a route that no operation of the service has
   */
  operationName(request: WireRequest, service: Service): string;
  /**
   * The operation's input, read as its schema says.
   *
   * @throws WrongType
   */
  readInput(request: WireRequest, schema: StaticOperationSchema): Record<string, unknown>;
  writeOutput(schema: StaticOperationSchema, output: unknown, envelope: Envelope): WireAnswer;
  writeError(error: ModeledError, envelope: Envelope): WireAnswer;
  /** The error that services of this protocol answer to a value of the wrong type. */
  wrongTypeError(problem: WrongType): AwsError;
}
