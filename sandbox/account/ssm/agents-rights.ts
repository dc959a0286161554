import type { Instance } from '../ec2/instances.ts';
import type { Iam } from '../iam/state.ts';
import type { World } from '../world.ts';
import { type AgentRights, isAtLeast } from './agents.ts';
import type { ServiceSettings } from './service-settings.ts';

/** From this version on an agent can do with Default Host Management (Systems Manager user guide). */
const DEFAULT_HOST_MANAGEMENT_SINCE = '3.2.582.0';

/**
 * By which role an agent registers: its instance's own if that one may, else that of Default Host Management. The latter
 * comes by IMDSv2, which every instance here offers whose metadata service answers at all.
 */
export function agentRights(world: World, iam: Iam, settings: ServiceSettings) {
  const anyInstance = `arn:${world.partition}:ec2:${world.region}:${world.accountId}:instance/*`;
  const mayRegister = (roleName: string | undefined): roleName is string =>
    roleName !== undefined && iam.allows(roleName, 'ssm:UpdateInstanceInformation', anyInstance);
  return ({ instanceProfile = '' }: Instance, agentVersion: string): AgentRights | undefined => {
    const own = iam.findInstanceProfile(instanceProfile)?.roleName;
    if (mayRegister(own)) return { source: 'instance-profile', roleName: own };
    const general = settings.defaultHostManagementRole;
    if (mayRegister(general) && isAtLeast(agentVersion, DEFAULT_HOST_MANAGEMENT_SINCE)) {
      return { source: 'default-host-management', roleName: general };
    }
    return undefined;
  };
}
