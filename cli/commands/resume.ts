import { remediationCommand } from '../remediation-command.ts';

export const resume = remediationCommand(
  'resume',
  'has a halted node group tried again',
  'The failures of the node group with this release are forgotten, and its upgrade is tried again.',
);
