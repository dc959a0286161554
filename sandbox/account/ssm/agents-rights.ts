import type { Instance } from '../ec2/instances.ts';
import type { Networks } from '../ec2/network.ts';
import { allows, policyDocument } from '../iam/policy-evaluation.ts';
import type { Iam } from '../iam/state.ts';
import type { World } from '../world.ts';
import { type AgentRights, isAtLeast } from './agents.ts';
import type { ServiceSettings } from './service-settings.ts';

/** First agent version that supports Default Host Management (Systems Manager user guide). */
const DEFAULT_HOST_MANAGEMENT_SINCE = '3.2.582.0';

const REGISTER = 'ssm:UpdateInstanceInformation';

/**
 * The role with which an agent registers: its instance's own if that has the right, otherwise that of Default Host
 * Management. The latter needs IMDSv2, which every instance here offers whose metadata service is enabled. Where the
 * call goes to a VPC endpoint, that endpoint's policy must allow it, too.
 */
export function agentRights(world: World, iam: Iam, settings: ServiceSettings, networks: Networks) {
  const mayRegister = (roleName: string | undefined, { id, vpcId }: Instance): roleName is string => {
    if (roleName === undefined) return false;
    const arn = `arn:${world.partition}:ec2:${world.region}:${world.accountId}:instance/${id}`;
    const role = iam.roles.get(roleName);
    const context = {
      'aws:PrincipalArn': role?.arn ?? '',
      'aws:PrincipalAccount': world.accountId,
      'aws:RequestedRegion': world.region,
      'aws:SecureTransport': 'true',
      'ec2:SourceInstanceARN': arn,
      'ssm:SourceInstanceARN': arn,
    };
    const policy = networks.endpointPolicy(vpcId, 'ssm');
    const request = { action: REGISTER, resource: arn, context, ...(role !== undefined && { principal: role.arn }) };
    return (
      iam.allows(roleName, REGISTER, arn, context) &&
      (policy === undefined || allows([policyDocument.parse(JSON.parse(policy))], request))
    );
  };
  return (instance: Instance, agentVersion: string): AgentRights | undefined => {
    const own = iam.findInstanceProfile(instance.instanceProfile ?? '')?.roleName;
    if (mayRegister(own, instance)) return { source: 'instance-profile', roleName: own };
    const general = settings.defaultHostManagementRole;
    if (mayRegister(general, instance) && isAtLeast(agentVersion, DEFAULT_HOST_MANAGEMENT_SINCE)) {
      return { source: 'default-host-management', roleName: general };
    }
    return undefined;
  };
}
