import { remediationCommand } from '../remediation-command.ts';

export const reject = remediationCommand(
  'reject',
  'rejects what is proposed, until something new is due',
  `RESOURCE is a node group (CLUSTER/NODEGROUP) or an instance id (i-0abc...). What its last record of kind
would-act proposes is not done and not proposed again, in any mode, until a newer release, another cause or another exposure
comes. approve takes the rejection back.`,
);
