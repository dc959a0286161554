import { NormalizedSchema, TypeRegistry } from '@smithy/core/schema';
import type { Service } from '../account/service.ts';
import { AwsError } from './aws-error.ts';
import { writeJson } from './json-codec.ts';

/** An error by its service's model. Members that the model lacks are taken from the {@link AwsError}. */
export interface ModeledError {
  /** The shape's name, which JSON protocols send, such as `QueueDoesNotExist`. */
  readonly shape: string;
  /** The code in query protocols, such as `AWS.SimpleQueueService.NonExistentQueue`; usually the shape's name. */
  readonly queryCode: string;
  readonly status: number;
  /** Whose fault it is, in the terms of query protocols. */
  readonly fault: 'Sender' | 'Receiver';
  /** Message and further members, ready for a JSON body. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** Finds the error among the shapes that the service's SDK client registers, by shape name or query code. */
export function modelError(service: Service, error: AwsError): ModeledError {
  const schema = errorSchema(service, error.code);
  const { httpError, error: fault } = schema?.getMergedTraits() ?? {};
  const [queryCode, queryStatus] = schema === undefined ? [] : queryError(schema);
  const isQuery = service.protocol === 'query';
  const modeledStatus = (isQuery ? queryStatus : undefined) ?? (typeof httpError === 'number' ? httpError : undefined);
  const status = modeledStatus ?? error.status;
  const capitalMessage = schema !== undefined && [...schema.structIterator()].some(([name]) => name === 'Message');
  const written = schema === undefined ? error.members : writeJson(schema, error.members);
  return {
    shape: schema?.getName() ?? error.code,
    queryCode: queryCode ?? error.code,
    status,
    fault: (fault === undefined ? status >= 500 : fault === 'server') ? 'Receiver' : 'Sender',
    members: { ...Object(written), [capitalMessage ? 'Message' : 'message']: error.message },
  };
}

/** The error for inputs that violate the model's constraints, with the service's own code. */
export function validationError(service: Service, message: string): AwsError {
  if (service.protocol === 'query') return new AwsError('ValidationError', message);
  const codes = ['ValidationException', 'InvalidParameterException'];
  return new AwsError(codes.find((code) => errorSchema(service, code) !== undefined) ?? 'ValidationException', message);
}

function errorSchema(service: Service, code: string): NormalizedSchema | undefined {
  const namespace = Object.values(service.operations)[0]?.schema[1];
  if (namespace === undefined) return undefined;
  const found = TypeRegistry.for(namespace).find((candidate) => {
    const schema = NormalizedSchema.of(candidate);
    return schema.getName() === code || queryError(schema)[0] === code;
  });
  return found === undefined ? undefined : NormalizedSchema.of(found);
}

function queryError(schema: NormalizedSchema): [code?: string, status?: number] {
  const trait = schema.getMergedTraits().awsQueryError;
  if (!Array.isArray(trait)) return [];
  const [code, status]: unknown[] = trait;
  return typeof code === 'string' && typeof status === 'number' ? [code, status] : [];
}
