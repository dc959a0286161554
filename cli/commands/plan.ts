import { DECISION_NAMES, stateOf } from '../../functions/shared/records/current-state.ts';
import type { DecisionKind } from '../../functions/shared/records/record.ts';
import { jsonLine } from '../../functions/shared/text/visible.ts';
import { spanOf } from '../age.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { type FleetNow, placeOf, readFleetNow, readTheirRecords } from '../fleet.ts';
import { readScope, type Scope, withinScope } from '../scope.ts';
import { table } from '../table.ts';
import { noteUnknown } from '../unknown-place.ts';
import { type PlannedUpgrade, planUpgrades } from '../upgrade-plan.ts';

/** Decisions about the future, by function: proposed by mode observe, in progress, or waiting. */
const PLANNED: readonly DecisionKind[] = ['would-act', 'acted', 'waiting'];

export const plan: Command = {
  name: 'plan',
  synopsis: '[CLUSTER[/NODEGROUP]] [--fleet]',
  summary: 'shows what comes next: what is to be approved, what is under way, what waits and for what',
  help: `Each line is the newest record about a worker or node group. approve --plan ID approves one proposal.

  --fleet   reads the whole fleet as it is now, and plans its upgrades by the rules of upgrade-node-groups. It changes nothing.
            It shows what is under way, who starts in which order and not before when, what blocks an upgrade, and which
            groups are not upgraded and why.`,
  options: { fleet: { type: 'boolean' } },
  read: ({ positionals, options }) => {
    const scope = readScope(positionals);
    if (options.fleet === true) return (surroundings) => tellFleet(surroundings, scope);
    return (surroundings) => tell(surroundings, scope);
  },
};

async function tellFleet(surroundings: Surroundings, scope: Scope): Promise<ExitCode> {
  const { json, print, note, width } = surroundings;
  const { upgrades, unread } = await planUpgrades(surroundings);
  for (const what of unread) note(`Not read, and not part of the plan: ${what}`);
  // Places count in the whole fleet, whatever the scope is.
  const asked = upgrades.filter((each) => withinScope(each, scope));
  if (asked.length === 0)
    return tellNone(surroundings, () => readFleetNow(surroundings), scope, 'There is no managed node group.');
  const timeOf = ({ notBefore }: PlannedUpgrade) => (notBefore === undefined ? '' : new Date(notBefore).toISOString());
  if (json) {
    for (const { notBefore, ...each } of asked) {
      print(jsonLine({ ...each, ...(notBefore !== undefined && { notBefore: timeOf({ ...each, notBefore }) }) }));
    }
    return 0;
  }
  const hasPlans = upgrades.some(({ plan: id }) => id !== undefined);
  const hasWaves = upgrades.some(({ wave }) => wave !== undefined);
  const rows = asked.map((each) => [
    String(each.place ?? ''),
    ...(hasWaves ? [each.wave ?? ''] : []),
    DECISION_NAMES[each.decision],
    `${each.cluster}/${each.nodegroup}`,
    timeOf(each).replace(/:\d\d\.\d{3}Z$/, 'Z'),
    ...(hasPlans ? [each.plan ?? ''] : []),
    `${each.reason}: ${each.message}`,
  ]);
  print(
    table(
      [
        [
          'PLACE',
          ...(hasWaves ? ['WAVE'] : []),
          'DECISION',
          'SUBJECT',
          'NOT BEFORE',
          ...(hasPlans ? ['PLAN'] : []),
          'WHAT',
        ],
        ...rows,
      ],
      width,
    ),
  );
  return 0;
}

/** The answer where nothing is planned. A cluster or node group that EKS does not have fails the command. */
async function tellNone(
  surroundings: Surroundings,
  fleet: () => Promise<FleetNow>,
  scope: Scope,
  none: string,
): Promise<ExitCode> {
  if (await noteUnknown(surroundings, fleet, scope)) return 1;
  if (!surroundings.json) surroundings.print(none);
  return 0;
}

async function tell(surroundings: Surroundings, scope: Scope): Promise<ExitCode> {
  const { clock, json, print, width } = surroundings;
  const fleet = await readFleetNow(surroundings);
  const planned = fleet.words
    .filter((word) => PLANNED.includes(word.decision) && withinScope(word, scope))
    .toSorted((a, b) => PLANNED.indexOf(a.decision) - PLANNED.indexOf(b.decision) || a.at - b.at);
  if (planned.length === 0)
    return tellNone(surroundings, async () => fleet, scope, 'Nothing is proposed, under way or waiting.');
  const records = await readTheirRecords(surroundings, planned);
  if (json) {
    for (const word of planned) {
      const { message = '', details = {} } = records.get(word.id) ?? {};
      const { remediation, reason, at } = word;
      const since = new Date(at).toISOString();
      print(
        jsonLine({
          subject: placeOf(word),
          state: stateOf(word),
          decision: word.decision,
          remediation,
          reason,
          since,
          message,
          details,
        }),
      );
    }
    return 0;
  }
  const planOf = ({ id }: (typeof planned)[number]): string => String(records.get(id)?.details?.plan ?? '');
  const hasPlans = planned.some((word) => planOf(word) !== '');
  const rows = planned.map((word) => [
    DECISION_NAMES[word.decision],
    placeOf(word),
    word.remediation,
    spanOf(clock.now() - word.at),
    ...(hasPlans ? [planOf(word)] : []),
    records.get(word.id)?.message ?? word.reason,
  ]);
  print(table([['DECISION', 'RESOURCE', 'FUNCTION', 'AGE', ...(hasPlans ? ['PLAN'] : []), 'WHAT'], ...rows], width));
  return 0;
}
