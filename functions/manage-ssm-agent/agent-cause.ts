/** Why an SSM agent does not answer. The first cause that applies, in this order, counts. */
export const CAUSES = [
  'registered-elsewhere',
  'no-instance-profile',
  'role-lacks-ssm',
  'no-network-path',
  'imds-unreachable',
  'cause-unclear',
  'agent-missing',
  'connection-lost',
] as const;
export type Cause = (typeof CAUSES)[number];

/** Why an agent that answers should be updated. */
export const OUTDATED = 'agent-outdated';
