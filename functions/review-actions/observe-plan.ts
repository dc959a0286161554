import { readAllNodeGroups } from '../shared/ledger/node-group-ledger.ts';
import { fleetPlanOf } from './fleet-plan.ts';
import { LAST_WORDS_FROM, lastWordsIn, thatCountNow } from './fleet-status.ts';
import { ask } from './insights.ts';
import { type ObserveDeps, recordsIn } from './observe.ts';
import { approvalOf } from './offers.ts';
import { lastGuardsQuery, lastWordsQuery, recordsByIdQuery } from './queries.ts';
import type { Question } from './question.ts';
import type { FleetPlan } from './view.ts';
import { readWorkers } from './workers.ts';

/** How many lines are shown; the rest are counted. One query names as many records. */
const MOST_LINES = 200;

/**
 * Reads the next steps of one cluster or of all: the waitlist from the ledger, as the last reconciles left it, and what
 * was recorded about each node group. Unlike `plan --fleet` of the command, it reads no node group from AWS anew.
 */
export async function observePlan(deps: ObserveDeps, { subject = {} }: Question): Promise<FleetPlan> {
  const now = deps.clock.now();
  const lately = { start: now - LAST_WORDS_FROM, end: now };
  const [states, words, guards, instances] = await Promise.all([
    readAllNodeGroups(deps.ledger),
    ask(deps, lastWordsQuery(), lately),
    ask(deps, lastGuardsQuery(), lately),
    readWorkers(deps.ec2),
  ]);
  const there = new Set(instances.found.map(({ InstanceId }) => InstanceId));
  const isThere = (instance: string): boolean => instances.more || there.has(instance);
  // Places count in the whole fleet, whatever the page is limited to.
  const all = fleetPlanOf(states, thatCountNow(lastWordsIn([...words, ...guards]), isThere), now);
  const { cluster } = subject;
  const asked = cluster === undefined ? all : all.filter((line) => line.cluster === cluster);
  const shown = asked.slice(0, MOST_LINES);
  const ids = [...new Set(shown.map(({ id }) => id).filter((id) => id !== ''))];
  const records = ids.length === 0 ? [] : recordsIn(await ask(deps, recordsByIdQuery(ids), lately));
  const byId = new Map(records.map((record) => [record.id, record]));
  return {
    lines: shown.map((line) => {
      const record = byId.get(line.id);
      const approval = record && approvalOf(record, deps.requestable);
      return { ...line, ...(record !== undefined && { record }), ...(approval !== undefined && { approval }) };
    }),
    more: asked.length - shown.length,
    clusters: [...new Set(all.map((line) => line.cluster))].toSorted(),
    readAt: now,
  };
}
