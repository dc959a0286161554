import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from './aws-error.ts';
import { isRecord, readJson, writeJson } from './json-codec.ts';
import type { ModeledError } from './modeled-errors.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { WrongType } from './wrong-type.ts';

/** Parses a JSON body; an empty one counts as an empty object. */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new WrongType('', `The body is not JSON: ${String(cause)}`);
  }
}

/** The error of JSON services for invalid JSON or a wrong type. */
export const serializationError = (problem: WrongType): AwsError =>
  new AwsError('SerializationException', problem.message);

/** An error in the format of JSON services: the code in the header and again in the body. */
export function jsonError(error: ModeledError, requestId: string, contentType: string): WireAnswer {
  return {
    status: error.status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.shape },
    body: JSON.stringify({ __type: error.shape, ...error.members }),
  };
}

/** `awsJson1_0` and `awsJson1_1`: the operation in the `X-Amz-Target` header, input and output as JSON bodies. */
export function jsonProtocol(version: '1.0' | '1.1'): WireProtocol {
  const contentType = `application/x-amz-json-${version}`;
  return {
    operationName(request) {
      const target = request.headers['x-amz-target'];
      const name = typeof target === 'string' ? target.split('.').at(-1) : undefined;
      if (name === undefined || name === '') {
        throw new AwsError(
          'UnknownOperationException',
          'The request names no operation: it has no X-Amz-Target header.',
        );
      }
      return name;
    },
    readInput(request, schema) {
      const body = parseJsonBody(request.body);
      const input = NormalizedSchema.of(schema[4]);
      const read = input.isUnitSchema() ? {} : readJson(input, body);
      return isRecord(read) ? read : {};
    },
    writeOutput: (schema, output, { requestId }) => ({
      status: 200,
      headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
      body: JSON.stringify(writeJson(NormalizedSchema.of(schema[5]), output) ?? {}),
    }),
    writeError(error, { service, requestId }) {
      const answer = jsonError(error, requestId, contentType);
      // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
      if (service.queryCompatible !== true) return answer;
      return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${error.queryCode};${error.fault}` } };
    },
    wrongTypeError: serializationError,
  };
}
