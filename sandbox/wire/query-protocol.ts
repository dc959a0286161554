import { NormalizedSchema } from '@smithy/core/schema';
import type { Service } from '../account/service.ts';
import { AwsError } from './aws-error.ts';
import { readForm } from './form-codec.ts';
import { isRecord } from './json-codec.ts';
import type { WireAnswer, WireProtocol, WireRequest } from './protocol.ts';
import { element, escapeXml, writeXmlMembers } from './xml-codec.ts';

const formOf = (request: WireRequest): URLSearchParams =>
  request.body.length > 0 ? new URLSearchParams(request.body.toString('utf8')) : request.query;

function actionOf(request: WireRequest): string {
  const action = formOf(request).get('Action');
  if (action === null || action === '') {
    throw new AwsError('MissingAction', 'The request is missing an action or a required parameter.');
  }
  return action;
}

const xmlAnswer = (status: number, requestId: string, body: string): WireAnswer => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

/** An element with the service's XML namespace. */
const root = (name: string, service: Service, content: string): string => {
  const namespace = service.xmlNamespace === undefined ? '' : ` xmlns="${escapeXml(service.xmlNamespace)}"`;
  return `<${name}${namespace}>${content}</${name}>`;
};

/** `awsQuery`: form-encoded input, and output in an `…Result` within an `…Response`. */
export const queryProtocol: WireProtocol = {
  operationName: actionOf,
  readInput: (request, schema) => inputOf(request, NormalizedSchema.of(schema[4]), 'query'),
  writeOutput(schema, output, { service, requestId }) {
    const name = schema[2];
    const shape = NormalizedSchema.of(schema[5]);
    const result = shape.isUnitSchema() ? '' : element(`${name}Result`, writeXmlMembers(shape, output));
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    return xmlAnswer(200, requestId, root(`${name}Response`, service, result + metadata));
  },
  writeError(error, { service, requestId }) {
    const { message, Message, ...members } = error.members;
    const details = Object.entries(members).map(([name, value]) => element(name, escapeXml(String(value))));
    const content =
      element('Type', error.fault) +
      element('Code', escapeXml(error.queryCode)) +
      element('Message', escapeXml(String(message ?? Message))) +
      details.join('');
    const body = element('Error', content) + element('RequestId', requestId);
    return xmlAnswer(error.status, requestId, root('ErrorResponse', service, body));
  },
  wrongTypeError: ({ path, message }) => new AwsError('MalformedInput', `${path}: ${message}`),
};

/** `ec2Query`: like `awsQuery` with flattened lists, no `…Result`, and errors in a `Response` of their own. */
export const ec2QueryProtocol: WireProtocol = {
  operationName: actionOf,
  readInput: (request, schema) => inputOf(request, NormalizedSchema.of(schema[4]), 'ec2-query'),
  writeOutput(schema, output, { service, requestId }) {
    const shape = NormalizedSchema.of(schema[5]);
    const content = element('requestId', requestId) + (shape.isUnitSchema() ? '' : writeXmlMembers(shape, output));
    return xmlAnswer(200, requestId, root(`${schema[2]}Response`, service, content));
  },
  writeError(error, { requestId }) {
    const { message, Message } = error.members;
    const content =
      element('Code', escapeXml(error.queryCode)) + element('Message', escapeXml(String(message ?? Message)));
    const body = element('Errors', element('Error', content)) + element('RequestID', requestId);
    return xmlAnswer(error.status, requestId, element('Response', body));
  },
  wrongTypeError: ({ path, message }) => new AwsError('InvalidParameterValue', `${path}: ${message}`),
};

function inputOf(
  request: WireRequest,
  schema: NormalizedSchema,
  dialect: 'query' | 'ec2-query',
): Record<string, unknown> {
  const read = schema.isUnitSchema() ? {} : readForm(schema, formOf(request), dialect);
  return isRecord(read) ? read : {};
}
