import { AttachRolePolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { type AgentPolicy, policyArn } from '../agent-policy.ts';
import type { NodeRole, Observation } from '../observation.ts';
import type { Beginning, Beginnings } from './remedy.ts';

/** Somebody else changes the role at the same time. */
const PASSES = 'ConcurrentModificationException';

/**
 * Attaches an AWS managed policy to the roles of these workers, once per role. The instance profile is never replaced,
 * because it is the node's identity to the cluster. Attaching an attached policy changes nothing.
 *
 * @param onTrouble gets the errors of roles that may pass: what was attached to others has begun all the same
 */
export async function attachPolicies(
  iam: IAMClient,
  workers: readonly Observation[],
  agentPolicy: AgentPolicy | undefined,
  onTrouble: (error: unknown) => void,
): Promise<Beginnings> {
  const roles = new Map(workers.flatMap((worker) => roleOf(worker) ?? []).map((role) => [role.name, role]));
  const attach = async ([RoleName, role]: readonly [string, NodeRole]): Promise<Array<[string, Beginning]>> => {
    const PolicyArn = policyArn(role, agentPolicy);
    try {
      const { $metadata } = await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
      const call = { service: 'iam', operation: 'AttachRolePolicy', requestId: $metadata.requestId ?? '' };
      return [[RoleName, { kind: 'begun', calls: [call] }]];
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined && !refusal.startsWith(PASSES))
        return [[RoleName, { kind: 'refused', reason: 'role-lacks-ssm', message: refusal }]];
      onTrouble(error);
      return [];
    }
  };
  const byRole = new Map((await pMap(roles, attach, { concurrency: READ_CONCURRENCY })).flat());
  return new Map(
    workers.flatMap((worker): Array<[string, Beginning]> => {
      const beginning = byRole.get(roleOf(worker)?.name ?? '');
      return beginning === undefined ? [] : [[worker.instanceId, beginning]];
    }),
  );
}

const roleOf = ({ view }: Observation): NodeRole | undefined => view.findings?.profile?.role;
