import type { IpPermission } from '@aws-sdk/client-ec2';

/** The ports of SSH and of the Remote Desktop Protocol. */
export const SHELL_PORTS: readonly number[] = [22, 3389];

/**
 * The ports of shells that a rule opens. Protocol -1 means all protocols with all ports, whatever else the rule says
 * (EC2 API reference, IpPermission).
 */
export function shellPortsOf({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission): number[] {
  if (IpProtocol === '-1') return [...SHELL_PORTS];
  if (IpProtocol !== 'tcp' && IpProtocol !== '6') return [];
  return SHELL_PORTS.filter((port) => FromPort <= port && port <= ToPort);
}
