import { quarantineCommand } from '../quarantine-command.ts';

export const release = quarantineCommand({
  action: 'release',
  synopsis: 'RESOURCE... --why TEXT',
  summary: 'ends a quarantine: the worker gets back what it had',
  help: `RESOURCE is one of

  INSTANCE             a worker in quarantine: it gets back its security groups, its addresses and its place in the group.
                       Its exposure counts as accepted from then on.
  CLUSTER/NODEGROUP    a node group whose exposure was closed: the exposure is opened again`,
  ofGroups: true,
});
