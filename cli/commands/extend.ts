import { quarantineCommand } from '../quarantine-command.ts';
import { readSpan, type SpanOption } from '../since.ts';

const BY: SpanOption = {
  name: 'by',
  example: '3d',
  most: { ms: 365 * 86_400_000, refusal: 'a quarantine cannot be extended by more than 365d at a time' },
};

export const extend = quarantineCommand({
  action: 'extend',
  synopsis: 'INSTANCE... --by 3d --why TEXT',
  summary: 'makes a quarantine last longer',
  help: 'INSTANCE is the instance id (i-0abc...) of a worker in quarantine.',
  options: { by: { type: 'string' } },
  optionsHelp: '  --by DURATION      by how much, such as 12h or 3d',
  more: ({ options: { by } }) => {
    readSpan(by, BY);
    return { by };
  },
});
