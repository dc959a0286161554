import { recordSubject } from '../functions/shared/records/record-subject.ts';
import { counted } from '../functions/shared/text/counted.ts';
import { jsonLine, visible } from '../functions/shared/text/visible.ts';
import { relative } from './age.ts';
import type { Surroundings } from './command.ts';
import { type HeldWorker, readHeld } from './quarantines.ts';
import { type Scope, withinScope } from './scope.ts';
import { table } from './table.ts';

/** Lists the workers in quarantine, and names those that wait for a slot. */
export async function listQuarantines(surroundings: Surroundings, scope: Scope): Promise<0> {
  const { json, wide, width, clock, print, note } = surroundings;
  const { held: all, waiting } = await readHeld(surroundings);
  const held = all.filter(({ cluster, nodegroup = '' }) => withinScope({ cluster, nodegroup }, scope));
  if (json) {
    for (const worker of held) print(jsonLine(lineOf(worker)));
    return 0;
  }
  if (held.length === 0) print('No worker is in quarantine.');
  else {
    const rows = held.map((worker) => rowOf(worker, clock.now(), wide));
    print(table([['INSTANCE', 'GROUP', 'SINCE', 'EXPIRES', 'PHASE', 'EXPOSURES'], ...rows], width));
  }
  if (waiting.length > 0)
    note(
      `${counted(waiting.length, 'more worker is exposed and waits', 'more workers are exposed and wait')} until there is room: ${waiting.map(visible).join(', ')}`,
    );
  return 0;
}

const rowOf = ({ instanceId, cluster, nodegroup, quarantine }: HeldWorker, now: number, wide: boolean): string[] => [
  instanceId,
  recordSubject({ cluster, nodegroup }),
  quarantine === undefined ? '' : told(quarantine.startedAt, now, wide),
  quarantine === undefined ? '' : told(quarantine.expiresAt, now, wide),
  phaseOf(quarantine),
  quarantine?.exposures.join('; ') ?? '',
];

/** A line of JSON, with stable names for scripts. */
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

/** A time in UTC where there is room, otherwise a relative one. */
const told = (time: number, now: number, wide: boolean): string => (wide ? minute(time) : relative(time, now));

const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
