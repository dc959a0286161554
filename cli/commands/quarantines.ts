import type { Command } from '../command.ts';
import { listQuarantines } from '../quarantine-list.ts';
import { UsageError } from '../usage-error.ts';

export const quarantines: Command = {
  name: 'quarantines',
  synopsis: '',
  summary: 'lists the workers in quarantine: since when, until when and why (short for get quarantines)',
  help: 'Workers that wait for room (quarantine.concurrency in the policy) are listed below. -o wide shows times in UTC.',
  options: {},
  read: ({ positionals }) => {
    if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}": quarantines takes no argument`);
    return (surroundings) => listQuarantines(surroundings, {});
  },
};
