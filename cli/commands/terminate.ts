import { quarantineCommand } from '../quarantine-command.ts';

export const terminate = quarantineCommand({
  action: 'terminate',
  synopsis: 'INSTANCE... --why TEXT',
  summary: 'terminates a worker in quarantine, for good',
  help: `INSTANCE is the instance id (i-0abc...) of a worker in quarantine. No other worker can be terminated. What is on its disks is
lost: quarantine.snapshots in the policy has snapshots taken before.`,
});
