import { AttachRolePolicyCommand, type IAMClient, IAMServiceException } from '@aws-sdk/client-iam';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Observation } from '../observation.ts';
import { type Beginning, type Beginnings, describeError } from './remedy.ts';

/** Refusals that a repetition would not change. */
const FINAL = new Set(['AccessDenied', 'NoSuchEntity', 'LimitExceeded', 'PolicyNotAttachable', 'UnmodifiableEntity']);

/**
 * Attaches AmazonSSMManagedInstanceCore to the roles of these workers, each role once. The instance profile is never
 * swapped: it is the node's identity to the cluster. Attaching what is attached changes nothing.
 */
export async function attachPolicies(
  iam: IAMClient,
  partition: string,
  workers: readonly Observation[],
): Promise<Beginnings> {
  const roles = [...new Set(workers.map(roleOf))];
  const PolicyArn = `arn:${partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`;
  const attach = async (RoleName: string): Promise<[string, Beginning]> => {
    try {
      const { $metadata } = await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
      const call = { service: 'iam', operation: 'AttachRolePolicy', requestId: $metadata.requestId ?? '' };
      return [RoleName, { kind: 'begun', calls: [call] }];
    } catch (error) {
      if (!(error instanceof IAMServiceException) || !FINAL.has(error.name.replace(/Exception$/, ''))) throw error;
      return [RoleName, { kind: 'refused', reason: 'role-lacks-ssm', message: describeError(error) }];
    }
  };
  const byRole = new Map(await pMap(roles, attach, { concurrency: READ_CONCURRENCY }));
  return new Map(
    workers.flatMap((worker): Array<[string, Beginning]> => {
      const beginning = byRole.get(roleOf(worker));
      return beginning === undefined ? [] : [[worker.instanceId, beginning]];
    }),
  );
}

const roleOf = ({ view }: Observation): string => view.findings?.profile?.roleName ?? '';
