import type { IAMClient } from '@aws-sdk/client-iam';
import { GetServiceSettingCommand, ServiceSettingNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import type { AgentIdentity } from '../shared/iam/agent-calls.ts';
import { observeHostManagementRole } from '../shared/iam/read-roles.ts';
import type { RolePolicies } from '../shared/iam/role-policies.ts';
import { unlessUnread } from '../shared/runtime/aws-error.ts';
import type { Findings, HostManagementRole } from './observation.ts';
import { roleRights } from './rights/role-rights.ts';

/** The service setting that names the role of Default Host Management. Source: SSM user guide. */
export const HOST_MANAGEMENT_SETTING = '/ssm/managed-instance/default-ec2-instance-management-role';

/** Default Host Management that is on, with the role that it names. */
interface HostManagement {
  readonly name: string;
  readonly role: RolePolicies | 'gone';
}

/** Why nobody can tell whether it is on, or what its role allows. */
interface Unread {
  readonly unread: string;
  /** The error, where a later call may tell: `Code: message`. */
  readonly passing?: string;
}

/**
 * Reads Default Host Management, and the role that it names: the setting stays when that is deleted or stripped. Undefined
 * where it is off.
 */
export async function readHostManagement({
  iam,
  ssm,
}: {
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
}): Promise<HostManagement | Unread | undefined> {
  const setting = await unlessUnread(readSetting(ssm));
  if (setting.refused !== undefined) return unreadBy(setting.refused, setting.mayPass);
  if (setting.found === '' || setting.found === '$None') return undefined;
  const name = setting.found.split('/').at(-1) ?? setting.found;
  const role = await unlessUnread(observeHostManagementRole(iam, name));
  if (role.refused !== undefined) return unreadBy(role.refused, role.mayPass, `role ${name}: `);
  return { name, role: role.found };
}

const unreadBy = (why: string, mayPass: true | undefined, what = ''): Unread => ({
  unread: `${what}${why}`,
  ...(mayPass && { passing: why }),
});

async function readSetting(ssm: SSMClient): Promise<string> {
  try {
    const { ServiceSetting } = await ssm.send(new GetServiceSettingCommand({ SettingId: HOST_MANAGEMENT_SETTING }));
    return ServiceSetting?.SettingValue ?? '';
  } catch (error) {
    if (error instanceof ServiceSettingNotFound) return '';
    throw error;
  }
}

/** The error for which nobody can tell it for now, `Code: message`; undefined where a later call tells nothing else. */
export const passingOf = (observed: HostManagement | Unread | undefined): string | undefined =>
  observed !== undefined && 'unread' in observed ? observed.passing : undefined;

/** What Default Host Management gives one agent. */
export function hostManagementFor(
  observed: HostManagement | Unread | undefined,
  identity: AgentIdentity,
): Pick<Findings, 'defaultHostManagement' | 'hostManagementRole'> {
  if (observed === undefined) return { defaultHostManagement: false };
  const hostManagementRole = troubleOf(observed, identity);
  return {
    defaultHostManagement: hostManagementRole?.answer !== 'no',
    ...(hostManagementRole !== undefined && { hostManagementRole }),
  };
}

function troubleOf(observed: HostManagement | Unread, identity: AgentIdentity): HostManagementRole | undefined {
  if ('unread' in observed) {
    const why = `Whether Default Host Management gives the agent what it needs cannot be read: ${observed.unread}.`;
    return { answer: 'unsure', why };
  }
  const { name, role } = observed;
  const named = `Default Host Management names role ${name}`;
  if (role === 'gone') return { answer: 'no', why: `${named}, which does not exist any more.`, gone: true };
  if (role.distrusts) {
    return { answer: 'no', why: `${named}, whose trust policy does not let Systems Manager assume it.` };
  }
  const { allows, why } = roleRights(role, { ...identity, roleArn: role.roleArn });
  const because = why === undefined ? '' : `: ${why}`;
  if (allows === 'no') return { answer: 'no', why: `${named}, which does not allow what the agent needs${because}.` };
  if (allows === 'yes') return undefined;
  return { answer: 'unsure', why: `${named}, and whether that allows what the agent needs cannot be told${because}.` };
}
