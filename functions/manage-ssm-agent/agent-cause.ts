/** Why an SSM agent does not answer: the first that applies, in this order. */
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

/** Why an agent that answers is to be updated. */
export const OUTDATED = 'agent-outdated';
