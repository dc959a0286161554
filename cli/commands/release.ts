import { quarantineCommand } from '../quarantine-command.ts';

export const release = quarantineCommand({
  action: 'release',
  synopsis: 'RESOURCE... --why TEXT',
  summary: 'ends a quarantine: the worker gets back what it had',
  help: `RESOURCE is the instance id of a worker in quarantine: it gets back its security groups, addresses and place, and its
exposure counts as accepted from then on. Or a node group (CLUSTER/NODEGROUP) whose exposure was closed: it is opened again.`,
  ofGroups: true,
});
