import { remediationCommand } from '../remediation-command.ts';

export const approve = remediationCommand(
  'approve',
  'has done once what is proposed',
  `RESOURCE is a node group (CLUSTER/NODEGROUP) or an instance id (i-0abc...). What its last would-act record names is done
once, as in mode enforce: within change windows and limits, and only if nothing else keeps the subject from being touched.
An approval is about one plan: a newer release is another one. It expires (upgrades.approvalExpiresAfter).`,
);
