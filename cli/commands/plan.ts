import { DECISION_NAMES, stateOf } from '../../functions/shared/records/current-state.ts';
import type { DecisionKind } from '../../functions/shared/records/record.ts';
import { spanOf } from '../age.ts';
import type { Command, Surroundings } from '../command.ts';
import { placeOf, readFleetNow, readTheirRecords } from '../fleet.ts';
import { readScope, type Scope, withinScope } from '../scope.ts';
import { table } from '../table.ts';
import { jsonLine } from '../visible.ts';

/** Decisions about the future, by function: proposed by mode observe, under way, or waiting. */
const PLANNED: readonly DecisionKind[] = ['would-act', 'acted', 'waiting'];

export const plan: Command = {
  name: 'plan',
  synopsis: '[CLUSTER[/NODEGROUP]]',
  summary: 'tells what comes next: what mode observe proposes, what is under way, what waits and for what',
  help: `Each line is the newest record about a worker or node group; approve has a proposal done once, in mode observe.`,
  options: {},
  read: ({ positionals }) => {
    const scope = readScope(positionals);
    return (surroundings) => tell(surroundings, scope);
  },
};

async function tell(surroundings: Surroundings, scope: Scope): Promise<0> {
  const { clock, json, print, width } = surroundings;
  const { words } = await readFleetNow(surroundings);
  const planned = words
    .filter((word) => PLANNED.includes(word.decision) && withinScope(word, scope))
    .toSorted((a, b) => PLANNED.indexOf(a.decision) - PLANNED.indexOf(b.decision) || a.at - b.at);
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
  if (planned.length === 0) print('Nothing is proposed, under way or waiting.');
  else {
    const rows = planned.map((word) => [
      DECISION_NAMES[word.decision],
      placeOf(word),
      word.remediation,
      spanOf(clock.now() - word.at),
      records.get(word.id)?.message ?? word.reason,
    ]);
    print(table([['DECISION', 'SUBJECT', 'FUNCTION', 'AGE', 'WHAT'], ...rows], width));
  }
  return 0;
}
