import { remediationCommand } from '../remediation-command.ts';

export const reject = remediationCommand(
  'reject',
  'has it not done, nor proposed again, until something new is due',
  `RESOURCE is a node group (CLUSTER/NODEGROUP) or an instance id (i-0abc...). What its last would-act record names is left,
in every mode, until a newer release, another cause or another exposure comes; approve undoes it.`,
);
