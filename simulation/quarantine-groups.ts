import type { Networks } from '../sandbox/account/ec2/network.ts';

/** Whether a security group is one of the stack's quarantines, by its name. */
export const isOfQuarantine = ({ securityGroups }: Networks, id: string): boolean =>
  /-(untrack|quarantine(-ssm)?)$/.test(securityGroups.get(id)?.name ?? '');

/** Whether an interface of an instance has such a security group. */
export const hasQuarantineGroup = (networks: Networks, instanceId: string): boolean =>
  networks.interfaces
    .of(instanceId)
    .some(({ securityGroupIds }) => securityGroupIds.some((id) => isOfQuarantine(networks, id)));
