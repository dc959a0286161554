import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import { NotImplemented } from './aws-error.ts';
import { readText } from './form-codec.ts';
import { isRecord, readJson, writeJson } from './json-codec.ts';
import { jsonError, parseJsonBody, serializationError } from './json-protocol.ts';
import type { WireProtocol, WireRequest } from './protocol.ts';
import { WrongType } from './wrong-type.ts';

/** `restJson1`: method and path are the operation; input in path labels, query string, headers and JSON body. */
export const restJsonProtocol: WireProtocol = {
  operationName(request, service) {
    const matches = Object.entries(service.operations)
      .map(([name, operation]) => ({ name, route: routeOf(operation.schema) }))
      .filter(({ route }) => route.method === request.method && labelsOf(route, request.path) !== undefined)
      .sort((a, b) => a.route.labelCount - b.route.labelCount);
    const best = matches[0];
    if (best === undefined) throw new NotImplemented(`${service.signingName} ${request.method} ${request.path}`);
    return best.name;
  },
  readInput(request, schema) {
    const input = NormalizedSchema.of(schema[4]);
    const labels = labelsOf(routeOf(schema), request.path) ?? {};
    const read: Record<string, unknown> = {};
    if (input.isUnitSchema()) return read;
    const body = hasBody(input) ? parseJsonBody(request.body) : {};
    if (!isRecord(body)) throw new WrongType('', 'Unexpected start of the body: it is no JSON object');
    for (const [name, member] of input.structIterator()) {
      const value = readMember(name, member, request, labels, body);
      if (value !== undefined) read[name] = value;
    }
    return read;
  },
  writeOutput: (schema, output, { requestId }) => ({
    status: routeOf(schema).status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
    body: JSON.stringify(writeJson(NormalizedSchema.of(schema[5]), output) ?? {}),
  }),
  writeError: (error, { requestId }) => jsonError(error, requestId, 'application/json'),
  wrongTypeError: serializationError,
};

function readMember(
  name: string,
  member: NormalizedSchema,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): unknown {
  const { httpLabel, httpQuery, httpHeader, httpPayload } = member.getMergedTraits();
  if (httpLabel === 1) {
    const label = labels[name];
    return label === undefined ? undefined : readText(member, label, name);
  }
  if (httpQuery !== undefined) {
    const values = request.query.getAll(httpQuery);
    if (values.length === 0) return undefined;
    if (!member.isListSchema()) return readText(member, values[0] ?? '', name);
    return values.map((value) => readText(member.getValueSchema(), value, name));
  }
  if (httpHeader !== undefined) {
    const header = request.headers[httpHeader.toLowerCase()];
    return typeof header === 'string' ? readText(member, header, name) : undefined;
  }
  return readJson(member, httpPayload === 1 ? body : body[name], name);
}

/** Whether any member is in the body: GET and DELETE requests have none to parse. */
function hasBody(input: NormalizedSchema): boolean {
  return [...input.structIterator()].some(([, member]) => {
    const { httpLabel, httpQuery, httpHeader } = member.getMergedTraits();
    return httpLabel === undefined && httpQuery === undefined && httpHeader === undefined;
  });
}

interface Route {
  readonly method: string;
  /** HTTP status of a success. */
  readonly status: number;
  readonly pattern: RegExp;
  readonly labelCount: number;
}

const routes = new WeakMap<StaticOperationSchema, Route>();

function routeOf(schema: StaticOperationSchema): Route {
  const known = routes.get(schema);
  if (known !== undefined) return known;
  const traits = schema[3];
  const http = typeof traits === 'object' ? traits.http : undefined;
  if (http === undefined) throw new Error(`The operation ${schema[2]} has no http trait: it is not of a REST service.`);
  const [method, template, status] = http;
  const path = template.split('?')[0] ?? template;
  const pattern = path.replace(/\{(\w+)(\+?)\}/g, (_label, name, greedy) => `(?<${name}>${greedy ? '.+' : '[^/]+'})`);
  const route = { method, status, pattern: new RegExp(`^${pattern}/?$`), labelCount: path.split('{').length };
  routes.set(schema, route);
  return route;
}

function labelsOf(route: Route, path: string): Record<string, string> | undefined {
  const match = route.pattern.exec(path);
  if (match === null) return undefined;
  return Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, text]) => [name, decoded(text)]));
}

function decoded(label: string): string {
  try {
    return decodeURIComponent(label);
  } catch {
    return label;
  }
}
