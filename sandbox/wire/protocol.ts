import type { IncomingHttpHeaders } from 'node:http';
import type { StaticOperationSchema } from '@smithy/types';
import type { Service } from '../account/service.ts';
import type { AwsError } from './aws-error.ts';
import type { ModeledError } from './modeled-errors.ts';
import type { WrongType } from './wrong-type.ts';

/** An HTTP request with its body. */
export interface WireRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query string. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An HTTP response to be sent. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The common members of every response of one call. */
export interface Envelope {
  readonly service: Service;
  readonly requestId: string;
}

/** The server side of one AWS protocol: where requests and responses contain what. */
export interface WireProtocol {
  /**
   * The name of the requested operation.
   *
   * @throws AwsError when there is none, or (REST) when no operation of the service has the route
   */
  operationName(request: WireRequest, service: Service): string;
  /**
   * The operation's input, parsed by its schema.
   *
   * @throws WrongType
   */
  readInput(request: WireRequest, schema: StaticOperationSchema): Record<string, unknown>;
  writeOutput(schema: StaticOperationSchema, output: unknown, envelope: Envelope): WireAnswer;
  writeError(error: ModeledError, envelope: Envelope): WireAnswer;
  /** The error of services with this protocol for a value of the wrong type. */
  wrongTypeError(problem: WrongType): AwsError;
}
