import pMap from 'p-map';
import type { MetricOf } from '../shared/declaration/remediation.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { type State, stateOf } from '../shared/records/current-state.ts';
import { severityOf } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { wordOf } from '../shared/records/standing.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import type { Counter } from '../shared/runtime/counter.ts';
import { type TellDeps, tell } from './act.ts';
import { bundle } from './bundle.ts';
import type { FindingDeps } from './findings.ts';
import {
  follow,
  formerIncidentOf,
  incidentOf,
  type News,
  type NewsOfSubject,
  type NotificationPolicy,
} from './incident.ts';
import { type IncidentState, NEW_INCIDENT, readIncidents, saveIncident } from './incident-ledger.ts';
import { keepFindingsWhereOffered } from './not-offered.ts';
import { notifications as defaults, type Policy } from './policy.ts';
import type { notifyStories } from './remediation.ts';
import { followSubjects } from './subject-ledger.ts';
import { subjectOf } from './subject-words.ts';

export interface NotifyDeps extends TellDeps, FindingDeps {
  readonly ledger: Ledger;
  readonly readPolicy: () => Promise<Policy | InvalidPolicy>;
  readonly counter: Counter<MetricOf<typeof notifyStories>>;
  readonly clock: Clock;
  /** Identifies this invocation. Lambda's retry of it has the same value. */
  readonly caller: string;
}

/** Longer than an invocation can last, ms. An invocation that has not sent by then never will. */
const ABANDONED_AFTER = 5 * 60_000;

/** News that this invocation has claimed to send. */
interface Claim {
  readonly incident: string;
  readonly state: IncidentState;
  readonly news: News;
}

/**
 * Sends what these records bring as news. It claims each incident by a conditional write, sends bundle by bundle, and
 * saves what was sent. A repeated delivery therefore sends nothing twice. An invocation that dies between sending and
 * saving sends that one bundle again when Lambda retries it.
 *
 * An invalid policy makes the default settings apply: a message changes nothing, and somebody must learn that the
 * policy is invalid.
 *
 * @throws Error when another invocation works on the same incident right now: Lambda retries
 */
export async function notify(deps: NotifyDeps, records: readonly ReadRecord[]): Promise<void> {
  if (records.length === 0) return;
  const policy = await deps.readPolicy();
  const notifications = isInvalid(policy) ? defaults.parse({}) : policy.notifications;
  const states = await followSubjects(deps.ledger, records, deps.caller, deps.clock.now());
  // Records that wait start no incident. They only update the state of their subject.
  const outcomes = records.filter(({ decision }) => decision !== 'waiting');
  const claims = (await claimNews(deps, outcomes, notifications)).map((claim) => withState(claim, states));
  for (const one of bundle(claims.map(({ news }) => news))) {
    await tell(deps, one);
    deps.counter.count('IncidentsNotified', one.news.length);
    const told = claims.filter(({ news }) => one.news.includes(news));
    await pMap(told, (claim) => noteNotified(deps, claim), { concurrency: READ_CONCURRENCY });
  }
  // Security Hub comes last: its failure must not keep anybody from being notified.
  if (notifications.securityHub === 'enforce') await keepFindingsWhereOffered(deps, outcomes);
}

/**
 * Adds the state of the subject. For the account, or a subject about which nothing else is known, the record itself
 * decides it.
 */
function withState(claim: Claim, states: ReadonlyMap<string, State>): Claim & { readonly news: NewsOfSubject } {
  const { record } = claim.news;
  const known = states.get(subjectOf(record) ?? '') ?? 'quiet';
  const state = known === 'quiet' ? stateOf(wordOf(record)) : known;
  return { ...claim, news: { ...claim.news, state } };
}

async function claimNews(
  { ledger, clock, caller }: NotifyDeps,
  records: readonly ReadRecord[],
  policy: NotificationPolicy,
): Promise<Claim[]> {
  const incidents = Map.groupBy(records, incidentOf);
  const former = [...incidents].flatMap(([incident, [record]]): Array<[string, string]> => {
    const known = record && formerIncidentOf(record);
    return known === undefined ? [] : [[incident, known]];
  });
  const states = await readIncidents(ledger, [...incidents.keys()], new Map(former));
  const now = clock.now();
  const claims = await pMap(
    incidents,
    async ([incident, ours]): Promise<Claim | undefined> => {
      const state = states.get(incident) ?? NEW_INCIDENT;
      const { state: next, news = leftBehind(state, ours, caller, now) } = follow(state, ours, policy);
      if (news === undefined) return undefined;
      const pending = { record: news.record.id, phase: news.phase, writer: caller, since: now };
      const claimed = await saveIncident(ledger, incident, { ...next, pending }, caller, now);
      if (claimed === undefined) throw new Error('Another invocation works on the same incident.');
      return { incident, state: claimed, news };
    },
    { concurrency: READ_CONCURRENCY, stopOnError: false },
  );
  return claims.filter((claim) => claim !== undefined);
}

/**
 * Finds news that was claimed but never sent, by an earlier try of this invocation or by an invocation that has died.
 */
function leftBehind(
  { pending }: IncidentState,
  records: readonly ReadRecord[],
  caller: string,
  now: number,
): News | undefined {
  if (pending === undefined || (pending.writer !== caller && now - pending.since < ABANDONED_AFTER)) return undefined;
  const record = records.find(({ id }) => id === pending.record);
  if (record === undefined) return undefined;
  return { phase: pending.phase, severity: severityOf(record), record };
}

/** Saves that a notification was sent. If another invocation has moved the incident on meanwhile, its state stands. */
async function noteNotified({ ledger, clock, caller }: NotifyDeps, { incident, state }: Claim): Promise<void> {
  const { pending: _, ...told } = state;
  await saveIncident(ledger, incident, told, caller, clock.now());
}
