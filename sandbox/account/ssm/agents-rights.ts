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
const CHANNEL = ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

/**
 * The role with which an agent registers: its instance's own if that has the right, otherwise that of Default Host
 * Management. The latter needs IMDSv2, which every instance here offers whose metadata service is enabled. Where the
 * call goes to a VPC endpoint, that endpoint's policy must allow it, too.
 */
export function agentRights(world: World, iam: Iam, settings: ServiceSettings, networks: Networks) {
  const may = (
    roleName: string,
    { id, vpcId }: Instance,
    service: 'ssm' | 'ssmmessages',
    actions: readonly string[],
  ): boolean => {
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
    const policy = networks.endpointPolicy(vpcId, service);
    const resource = service === 'ssm' ? arn : '*';
    return actions.every((action) => {
      const request = { action, resource, context, ...(role !== undefined && { principal: role.arn }) };
      return (
        iam.allows(roleName, action, resource, context) &&
        (policy === undefined || allows([policyDocument.parse(JSON.parse(policy))], request))
      );
    });
  };
  const mayRegister = (roleName: string | undefined, instance: Instance): roleName is string =>
    roleName !== undefined && may(roleName, instance, 'ssm', [REGISTER]);
  const rightsOf = (instance: Instance, agentVersion: string): AgentRights | undefined => {
    const own = iam.findInstanceProfile(instance.instanceProfile ?? '')?.roleName;
    // EC2 gives an instance no credentials of a role that does not trust it (IAM user guide, "Troubleshoot IAM and Amazon
    // EC2"). Those that it has given last for hours, which is not played.
    const trusts = (role: string | undefined, service: string): boolean =>
      JSON.stringify(iam.roles.get(role ?? '')?.trustPolicy ?? '').includes(`"${service}.amazonaws.com`);
    if (trusts(own, 'ec2') && mayRegister(own, instance)) return { source: 'instance-profile', roleName: own };
    const general = settings.defaultHostManagementRole;
    if (
      trusts(general, 'ssm') &&
      mayRegister(general, instance) &&
      isAtLeast(agentVersion, DEFAULT_HOST_MANAGEMENT_SINCE)
    ) {
      return { source: 'default-host-management', roleName: general };
    }
    return undefined;
  };
  /** Whether a role may open the channel by which sessions reach an instance. */
  const mayConnect = (instance: Instance, roleName: string): boolean => may(roleName, instance, 'ssmmessages', CHANNEL);
  return { rightsOf, mayConnect };
}
