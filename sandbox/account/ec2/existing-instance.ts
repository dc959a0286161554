import { AwsError } from '../../wire/aws-error.ts';
import type { Instance, Instances } from './instances.ts';

/** @throws InvalidInstanceID.Malformed, InvalidInstanceID.NotFound */
export function existingInstance(instances: Instances, id: string): Instance {
  if (!/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) {
    throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  }
  const instance = instances.get(id);
  if (instance === undefined) {
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
  }
  return instance;
}

/**
 * Only the service that owns an instance may change it.
 * @throws OperationNotPermitted
 */
export function changeable(instance: Instance): Instance {
  if (instance.operator === undefined) return instance;
  throw managedBy(instance.operator, `instance '${instance.id}'`);
}

/** The refusal to change what a service manages. AWS does not document its text. */
export const managedBy = (operator: string, what: string) =>
  new AwsError('OperationNotPermitted', `The operation is not permitted: ${what} is managed by ${operator}.`);
