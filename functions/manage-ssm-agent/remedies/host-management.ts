import { type SSMClient, UpdateServiceSettingCommand } from '@aws-sdk/client-ssm';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import type { Observation } from '../observation.ts';
import { HOST_MANAGEMENT_SETTING } from '../observe-host-management.ts';
import type { Beginning, Beginnings } from './remedy.ts';

/**
 * Registers Default Host Management for the account and region, once for all these workers.
 *
 * @param roleName the role that agents then assume; the stack creates it
 */
export async function registerHostManagement(
  ssm: SSMClient,
  roleName: string,
  workers: readonly Observation[],
): Promise<Beginnings> {
  if (workers.length === 0) return new Map();
  const beginning = await register(ssm, roleName, workers[0]?.view.findings?.profile === undefined);
  return new Map(workers.map(({ instanceId }) => [instanceId, beginning]));
}

async function register(ssm: SSMClient, SettingValue: string, withoutProfile: boolean): Promise<Beginning> {
  try {
    const input = { SettingId: HOST_MANAGEMENT_SETTING, SettingValue };
    const { $metadata } = await ssm.send(new UpdateServiceSettingCommand(input));
    const call = { service: 'ssm', operation: 'UpdateServiceSetting', requestId: $metadata.requestId ?? '' };
    return { kind: 'begun', calls: [call] };
  } catch (error) {
    const refusal = refusalOf(error);
    // Somebody else changes the setting at the same time (API reference, UpdateServiceSetting).
    if (refusal === undefined || refusal.startsWith('TooManyUpdates')) throw error;
    return { kind: 'refused', reason: withoutProfile ? 'no-instance-profile' : 'role-lacks-ssm', message: refusal };
  }
}
