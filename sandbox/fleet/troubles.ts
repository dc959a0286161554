import { matchesWildcard } from '../../functions/shared/text/wildcard.ts';
import type { Fleet } from './fleet.ts';
import type { ParameterTrouble, SubjectTrouble } from './schema-trouble.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Schedules the call failures of a fleet file. */
export function planTroubles({ eks, parameters, world }: FleetState, { troubles }: Fleet): void {
  for (const { from, until, code, status, message, ...about } of troubles) {
    const how = {
      from: from === undefined ? world.time.now : (parseTime(from, world.time.now) ?? world.time.now),
      until: until === undefined ? Number.POSITIVE_INFINITY : (parseTime(until, world.time.now) ?? 0),
      code,
      status,
      message,
    };
    if ('parameters' in about) parameters.troubles.add({ ...how, isAbout: isAboutParameters(about) });
    else eks.troubles.add({ ...how, isAbout: isAboutSubject(about) });
  }
}

const isAboutSubject = ({
  operations,
  cluster,
  nodeGroup,
}: Pick<SubjectTrouble, 'operations' | 'cluster' | 'nodeGroup'>) => {
  const failing: ReadonlySet<string> = new Set(operations);
  return (operation: string, { clusterName, name, nodegroupName }: Readonly<Record<string, unknown>>): boolean =>
    failing.has(operation) && cluster === (clusterName ?? name) && nodeGroup === nodegroupName;
};

/** One failing name makes the whole call fail, like a Deny on one parameter. */
const isAboutParameters =
  ({ parameters }: Pick<ParameterTrouble, 'parameters'>) =>
  (_: string, { Name, Names }: Readonly<Record<string, unknown>>): boolean =>
    [Name, Names].flat().some((name) => typeof name === 'string' && matchesWildcard(parameters, name));
