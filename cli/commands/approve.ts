import { remediationCommand } from '../remediation-command.ts';

export const approve = remediationCommand(
  'approve',
  'approves what is proposed: it is done once',
  `RESOURCE is a node group (CLUSTER/NODEGROUP) or an instance id (i-0abc...). What its last record of kind
would-act proposes is done once, as in mode enforce. Change windows, limits and all other guards still hold. An approval is
about one plan: a newer release is another plan. That of an upgrade or a
refresh expires (approvalExpiresAfter of upgrades and refreshes).`,
);
