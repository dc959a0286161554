import { remediationCommand } from '../remediation-command.ts';

export const resume = remediationCommand(
  'resume',
  'has a halted node group tried again, and lifts the breaker that holds it',
  'The failures of the node group with this release are forgotten, and its upgrade is tried again. A breaker that holds it is lifted for all whom it holds: what failed before the request counts no more.',
);
