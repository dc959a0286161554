import { remediationCommand } from '../remediation-command.ts';

export const retry = remediationCommand(
  'retry',
  'has tried now what waits after a failure',
  `RESOURCE is a node group (CLUSTER/NODEGROUP): the wait after its last failed upgrade is lifted. Or an instance id
(i-0abc...): the failed attempts to cure its agent are forgotten. Change windows, bake age and limits still hold.`,
);
