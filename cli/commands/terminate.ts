import { quarantineCommand } from '../quarantine-command.ts';

export const terminate = quarantineCommand({
  action: 'terminate',
  synopsis: 'INSTANCE... --why TEXT',
  summary: 'terminates a worker in quarantine, for good',
  help: `INSTANCE is the instance id (i-0abc...) of a worker in quarantine; no other can be terminated. Nothing gives back what is
on its disks: have snapshots taken before (quarantine.snapshots in the policy).`,
});
