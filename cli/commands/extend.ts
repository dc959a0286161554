import { quarantineCommand } from '../quarantine-command.ts';
import { readSince } from '../since.ts';

/** `extend`: a quarantine lasts longer. */
export const extend = quarantineCommand({
  action: 'extend',
  synopsis: 'INSTANCE --by 3d --why TEXT',
  summary: 'has a quarantine last longer',
  help: 'INSTANCE is the instance id (i-0abc...) of a worker in quarantine.',
  options: { by: { type: 'string' } },
  optionsHelp: '  --by DURATION      by how much, such as 12h or 3d',
  more: ({ options: { by } }) => {
    readSince(by ?? '', 'by');
    return { by };
  },
});
