import { remediationCommand } from '../remediation-command.ts';

export const resume = remediationCommand(
  'resume',
  'lets a halted node group try again, and lifts the breaker that holds it',
  `The failures of the node group with this release are forgotten, and its upgrade is tried again. A breaker that holds it is
lifted for all groups that it holds: what failed before the request does not count any more.`,
);
