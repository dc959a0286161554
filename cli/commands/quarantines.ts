import type { Command, Surroundings } from '../command.ts';
import { type HeldWorker, readHeld } from '../quarantines.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { jsonLine, visible } from '../visible.ts';

/** `quarantines`: who is in quarantine. */
export const quarantines: Command = {
  name: 'quarantines',
  synopsis: '',
  summary: 'lists the workers in quarantine, since when, until when and why',
  help: 'Times are in UTC. Workers that wait until there is room (quarantine.concurrency in the policy) are named below.',
  options: {},
  read: ({ positionals }) => {
    if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}": quarantines takes no argument`);
    return list;
  },
};

async function list(surroundings: Surroundings): Promise<0> {
  const { json, print, note } = surroundings;
  const { held, waiting } = await readHeld(surroundings);
  if (json) {
    for (const worker of held) print(jsonLine(lineOf(worker)));
    return 0;
  }
  if (held.length === 0) print('No worker is in quarantine.');
  else print(table([['INSTANCE', 'GROUP', 'SINCE', 'EXPIRES', 'PHASE', 'EXPOSURES'], ...held.map(rowOf)]));
  if (waiting.length > 0)
    note(`${waiting.length} more are exposed and wait until there is room: ${waiting.map(visible).join(', ')}`);
  return 0;
}

const rowOf = ({ instanceId, cluster, nodegroup, quarantine }: HeldWorker): string[] => [
  instanceId,
  [cluster, nodegroup].filter((part) => part !== undefined).join('/'),
  quarantine === undefined ? '' : minute(quarantine.startedAt),
  quarantine === undefined ? '' : minute(quarantine.expiresAt),
  phaseOf(quarantine),
  quarantine?.exposures.join('; ') ?? '',
];

/** Stable names: scripts read them. */
const lineOf = ({ instanceId, cluster, nodegroup, quarantine }: HeldWorker) => ({
  instanceId,
  cluster,
  nodegroup,
  phase: phaseOf(quarantine),
  ...(quarantine && {
    kind: quarantine.kind,
    startedAt: new Date(quarantine.startedAt).toISOString(),
    expiresAt: new Date(quarantine.expiresAt).toISOString(),
    exposures: quarantine.exposures,
    by: quarantine.by,
    approved: quarantine.approved,
    notes: quarantine.notes,
  }),
});

const phaseOf = (quarantine: HeldWorker['quarantine']): string => quarantine?.phase ?? 'changing';

const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
