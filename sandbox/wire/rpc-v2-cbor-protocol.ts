import { cbor, dateToTag, tagSymbol } from '@smithy/core/cbor';
import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from './aws-error.ts';
import { isRecord, readJson } from './json-codec.ts';
import { serializationError } from './json-protocol.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';

const answer = (
  status: number,
  requestId: string,
  body: unknown,
  more: Readonly<Record<string, string>> = {},
): WireAnswer => ({
  status,
  headers: {
    'content-type': 'application/cbor',
    'smithy-protocol': 'rpc-v2-cbor',
    'x-amzn-requestid': requestId,
    ...more,
  },
  body: cbor.serialize(body),
});

/** `rpcv2Cbor`: the operation in the path, input and output as CBOR bodies. */
export const rpcV2CborProtocol: WireProtocol = {
  operationName(request) {
    const name = /\/service\/[^/]+\/operation\/(\w+)$/.exec(request.path)?.[1];
    if (name === undefined) throw new AwsError('UnknownOperationException', `${request.path} names no operation.`, 404);
    return name;
  },
  readInput(request, schema) {
    const input = NormalizedSchema.of(schema[4]);
    const body = request.body.length === 0 ? {} : withoutTags(cbor.deserialize(request.body));
    const read = input.isUnitSchema() ? {} : readJson(input, body);
    return isRecord(read) ? read : {};
  },
  writeOutput: (schema, output, { requestId }) =>
    answer(200, requestId, writeCbor(NormalizedSchema.of(schema[5]), output) ?? {}),
  writeError(error, { requestId }) {
    const body = { __type: error.shape, ...error.members };
    return answer(error.status, requestId, body, { 'x-amzn-query-error': `${error.queryCode};${error.fault}` });
  },
  wrongTypeError: serializationError,
};

/** Tags only mark numbers as times, which the schema does as well. */
function withoutTags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTags);
  if (!isRecord(value)) return value;
  if (tagSymbol in value) return withoutTags(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutTags(member)]));
}

/** The CBOR form of an output. Members that are undefined, or that the schema lacks, are left out; times are tagged. */
function writeCbor(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return dateToTag(value);
  if (schema.isStructSchema() && isRecord(value)) {
    const members = [...schema.structIterator()].map(([name, member]) => [name, writeCbor(member, value[name])]);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    const item = schema.getValueSchema();
    return value.map((entry: unknown) => writeCbor(item, entry));
  }
  if (schema.isMapSchema() && isRecord(value)) {
    const item = schema.getValueSchema();
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, writeCbor(item, entry)]));
  }
  return value;
}
