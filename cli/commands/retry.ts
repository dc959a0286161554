import { remediationCommand } from '../remediation-command.ts';

export const retry = remediationCommand(
  'retry',
  'tries again now what waits after a failure',
  `RESOURCE is one of

  CLUSTER/NODEGROUP    a node group: the wait after its last failed upgrade ends
  INSTANCE             a worker (i-0abc...): the failed attempts to cure its agent are forgotten

Change windows, bake age and limits still hold.`,
);
