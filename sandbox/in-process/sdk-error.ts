import { NormalizedSchema, TypeRegistry } from '@smithy/core/schema';
import type { Service } from '../account/service.ts';
import type { AwsError } from '../wire/aws-error.ts';
import { modelError } from '../wire/modeled-errors.ts';

type ErrorClass = new (members: object) => Error;

/**
 * The error that the SDK throws for a refusal. Its class is the one that the service's model registers, or the
 * service's base class.
 */
export function sdkError(service: Service, error: AwsError, requestId: string, attempts: number): Error {
  const { shape, queryCode, status, members } = modelError(service, error);
  const namespace = Object.values(service.operations)[0]?.schema[1] ?? '';
  const modeled = modeledClass(namespace, shape);
  const isQuery = service.protocol === 'query' || service.protocol === 'ec2-query';
  const name = modeled === undefined && isQuery ? queryCode : shape;
  const { Message: capital, message = capital ?? error.message, ...rest } = members;
  const details = {
    name,
    message: String(message),
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status, requestId, attempts, totalRetryDelay: 0 },
  };
  const made = new (modeled ?? baseClass(namespace))(details);
  return Object.assign(made, rest, details);
}

/** The error that the SDK throws after it has tried in vain to get any answer. */
export const noAnswer = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

function modeledClass(namespace: string, shape: string): ErrorClass | undefined {
  const registry = TypeRegistry.for(namespace);
  const schema = registry.find((candidate) => NormalizedSchema.of(candidate).getName() === shape);
  return schema === undefined ? undefined : classOf(registry.getErrorCtor(schema as never));
}

function baseClass(namespace: string): ErrorClass {
  const registry = TypeRegistry.for(`smithy.ts.sdk.synthetic.${namespace}`);
  const base = registry.getBaseException();
  const found = base === undefined ? undefined : classOf(registry.getErrorCtor(base));
  if (found === undefined) throw new Error(`The SDK registers no base exception for ${namespace}.`);
  return found;
}

const classOf = (found: unknown): ErrorClass | undefined =>
  typeof found === 'function' ? (found as ErrorClass) : undefined;
