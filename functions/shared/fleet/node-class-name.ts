/** The name of an EC2NodeClass in records, where a node group's stands. No node group's name has a colon. */
const PREFIX = 'ec2nodeclass:';

export const groupOfClass = (name: string): string => `${PREFIX}${name}`;

/** The EC2NodeClass that the name of a group stands for; undefined where it stands for another group. */
export const classNameOf = (nodegroup: string): string | undefined =>
  isNodeClass(nodegroup) ? nodegroup.slice(PREFIX.length) : undefined;

/** Whether the name of a group stands for an EC2NodeClass. */
export const isNodeClass = (nodegroup: string): boolean => nodegroup.startsWith(PREFIX);
