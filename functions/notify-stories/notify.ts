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
import { follow, incidentOf, type News, type NewsOfSubject, type NotificationPolicy } from './incident.ts';
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
  /** Names this invocation: Lambda's own retry of it has the same one. */
  readonly caller: string;
}

/** Longer than an invocation can last, ms: whoever has not sent by then never will. */
const ABANDONED_AFTER = 5 * 60_000;

/** News that this invocation has taken upon itself to tell. */
interface Claim {
  readonly incident: string;
  readonly state: IncidentState;
  readonly news: News;
}

/**
 * Tells what is new in these records: claims each incident by a conditional write, tells bundle by bundle, and notes what is
 * told. So a repeated delivery tells nothing twice; an invocation that dies between telling and noting tells that one
 * bundle again when Lambda retries it.
 *
 * The defaults count where the policy is invalid: a message changes nothing, and somebody must learn that the policy is invalid.
 *
 * @throws Error when another invocation works on the same incident right now: Lambda tries again
 */
export async function notify(deps: NotifyDeps, records: readonly ReadRecord[]): Promise<void> {
  if (records.length === 0) return;
  const policy = await deps.readPolicy();
  const notifications = isInvalid(policy) ? defaults.parse({}) : policy.notifications;
  const states = await followSubjects(deps.ledger, records, deps.caller, deps.clock.now());
  // What waits only tells how its subject stands.
  const outcomes = records.filter(({ decision }) => decision !== 'waiting');
  const claims = (await claimNews(deps, outcomes, notifications)).map((claim) => withState(claim, states));
  for (const one of bundle(claims.map(({ news }) => news))) {
    await tell(deps, one);
    deps.counter.count('IncidentsNotified', one.news.length);
    const told = claims.filter(({ news }) => one.news.includes(news));
    await pMap(told, (claim) => noteNotified(deps, claim), { concurrency: READ_CONCURRENCY });
  }
  // Last: a Security Hub that is not there must keep nobody from hearing.
  if (notifications.securityHub === 'enforce') await keepFindingsWhereOffered(deps, outcomes);
}

/** What is about the account, or about a subject of which nothing else is known, stands as its record says. */
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
  const states = await readIncidents(ledger, [...incidents.keys()]);
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

/** News that was claimed and never told: by an earlier try of this invocation, or by one that has died for good. */
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

/** If somebody else has gone on with the incident meanwhile, theirs stands. */
async function noteNotified({ ledger, clock, caller }: NotifyDeps, { incident, state }: Claim): Promise<void> {
  const { pending: _, ...told } = state;
  await saveIncident(ledger, incident, told, caller, clock.now());
}
