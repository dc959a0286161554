import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { RecordSubject } from '../records/record.ts';
import type { Outcome, Trigger } from '../records/recorder.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import { shortLine } from '../text/short-line.ts';
import { type Ledger, readByKeys, readItems, saveUnlessWritten } from './ledger.ts';
import { keyOf } from './node-group-key.ts';
import { NOTHING_TOLD, type Telling, tellOnce, toldMemory } from './tell-once.ts';
import { nameOf, type UnreadableItem, UnreadableItems } from './unreadable-items.ts';

/** The kind of items in which functions remember what they told of reads that failed. */
export const UNREADABLE_PK = 'unreadable';

const toldItem = () =>
  z.object({
    ...toldMemory<SharedReason>(),
    /** The key of the item that cannot be read. */
    kind: z.string(),
    key: z.string(),
    /** What the item was, as a digest. */
    digest: z.string(),
  });
type ToldItem = z.infer<ReturnType<typeof toldItem>>;

/** What a function has told of, by the names of the items: all in one item of its own. */
const toldIndex = z.lazy(() =>
  z.object({
    items: z.record(z.string(), toldItem()),
    /** Counts writes. A write succeeds only if nobody else has written since the read. */
    revision: z.number(),
  }),
);
type ToldIndex = z.infer<typeof toldIndex>;

/** How many items are told of at a time, since an item of DynamoDB holds 400 KB. So many have one cause. */
const MOST_KEPT = 200;
/** How many items one reconcile tells of. More of them have one cause, and the next reconciles tell of the others. */
const MOST_TOLD = 20;
/** How long it is remembered what was told, ms. */
const KEPT_FOR = 400 * 86_400_000;

interface TellDeps {
  readonly ledger: Ledger;
  readonly recorder: { record(outcome: Outcome<SharedReason>): void };
  /** The function that reads. */
  readonly remediation: string;
  /** Unique name of this reconcile. */
  readonly caller: string;
}

/** Where a run comes from. */
export interface Cause {
  readonly trigger: Trigger;
  /** Whether it is a regular run, in which it is told of items that can be read again. */
  readonly isRegular: boolean;
  /** The operators' requests in it. Each gets an answer, also where an item was told of before. */
  readonly requests?: readonly OperatorRequest[];
}

/** What an operator asks for. */
export interface OperatorRequest {
  readonly trigger: Trigger;
  readonly subject: RecordSubject;
}

/**
 * Runs a reconcile that leaves out the subjects of items that cannot be read, so that they stop no others; then records
 * each such item once, and its end.
 *
 * @throws what `run` throws, together with what kept items from being told of
 */
export async function leavingOutUnreadable(
  deps: TellDeps & { readonly clock: Clock },
  causeOf: () => Cause,
  run: (ledger: Ledger) => Promise<void>,
): Promise<void> {
  const ledger = { ...deps.ledger, unreadable: new UnreadableItems() };
  const [ran] = await Promise.allSettled([run(ledger)]);
  // What a failed run has found is told of, too: it may have failed because of it.
  const [told] = await Promise.allSettled([tell({ ...deps, ledger }, causeOf(), deps.clock.now())]);
  const errors = [ran, told].flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
  if (errors.length > 1) throw new AggregateError(errors, 'The run failed, and so did telling of unreadable items.');
  for (const error of errors) throw error;
}

/**
 * Records once each item that a reconcile could not read, and left out; in a regular run, also the end of each that is
 * another one by now, or gone. Costs one read where there is none.
 */
async function tell(deps: TellDeps, { trigger, isRegular, requests = [] }: Cause, now: number): Promise<void> {
  const found = (deps.ledger.unreadable?.all() ?? []).map((each): Found => ({ ...each, digest: digestOf(each.item) }));
  if (found.length === 0 && !isRegular) return;
  const teller = await openTeller(deps, now);
  for (const request of requests) {
    const about = found.filter((each) => isDeepStrictEqual(subjectIn(each), request.subject));
    for (const each of about) await tellOf(teller, each, request.trigger, ` ${request.trigger.id}`);
  }
  const news = found.filter((each) => isNews(teller, each));
  for (const each of news.slice(0, MOST_TOLD)) await tellOf(teller, each, trigger);
  if (isRegular) await tellEnds(deps.ledger, teller, trigger);
}

/** Records what is told of items, and remembers it. */
interface Teller {
  /** What was told, by the names of the items. */
  readonly told: () => ToldIndex['items'];
  readonly tell: (name: string, before: ToldItem, words: Telling<SharedReason>, trigger: Trigger) => Promise<void>;
}

async function openTeller(deps: TellDeps, now: number): Promise<Teller> {
  const { ledger, remediation, recorder, caller } = deps;
  let index = await readIndex(ledger, remediation);
  const writeTo = (name: string) => async (state: ToldItem, writer: string) => {
    // Nothing is to be remembered of an item once it was told that it is another one.
    const isOver = state.correlationId === undefined && state.unrecorded === undefined;
    const { [name]: _, ...others } = index.items;
    const next = { ...index, items: isOver ? others : { ...others, [name]: state } };
    const saved = await saveIndex(ledger, remediation, next, now, writer);
    index = saved ?? index;
    return saved && state;
  };
  const tellAbout: Teller['tell'] = async (name, before, words, trigger) => {
    const { kind, key } = before;
    const about = {
      subject: subjectIn({ pk: kind, sk: key }),
      trigger,
      incident: before.correlationId ?? `unreadable ${remediation} ${name} ${trigger.id}`,
      check: `ledger ${kind}`,
    };
    const saving = { recorder, caller: `${caller} ${remediation} ${name}` };
    await tellOnce(saving, before, about, words, writeTo(name));
  };
  return { told: () => index.items, tell: tellAbout };
}

type Found = UnreadableItem & Pick<ToldItem, 'digest'>;

/** Whether it was not told of an item as it is, or whether the run that told of it died before it had recorded that. */
function isNews({ told }: Teller, { digest, ...item }: Found): boolean {
  const known = told()[nameOf(item)];
  if (known === undefined) return Object.keys(told()).length < MOST_KEPT;
  return known.digest !== digest || known.unrecorded !== undefined;
}

/** @param answer distinguishes what is told in answer to a request */
async function tellOf(
  { told, tell: tellAbout }: Teller,
  { pk: kind, sk: key, why, digest }: Found,
  trigger: Trigger,
  answer = '',
): Promise<void> {
  const name = nameOf({ pk: kind, sk: key });
  const message = `The item ${name} of the ledger cannot be read: ${shortLine(why, 300)}. Nothing is done that depends on it.`;
  const words = { decision: 'failed', reason: 'ledger-unreadable', message, variant: `${digest}${answer}` } as const;
  await tellAbout(name, { ...NOTHING_TOLD, ...told()[name], kind, key, digest }, words, trigger);
}

/** Tells of items that were told of, and that a read of this run has shown readable, changed or gone. */
async function tellEnds(ledger: Ledger, { told, tell: tellAbout }: Teller, trigger: Trigger): Promise<void> {
  const open = Object.entries(told()).filter(([, { kind, key }]) => ledger.unreadable?.has(kind, key) !== true);
  const items = await readByKeys(
    ledger,
    open.map(([, { kind, key }]) => ({ pk: kind, sk: key })),
  );
  const present = new Map(items.map((item) => [`${item.pk} ${item.sk}`, digestOf(item)]));
  for (const [name, state] of open) {
    // A function of another version may read an item that nobody has changed.
    const isRead = ledger.unreadable?.wasRead(state.kind, state.key) === true;
    if (present.get(name) === state.digest && !isRead) continue;
    const what = !present.has(name) ? 'was deleted' : isRead ? 'can be read' : 'was changed';
    const message = `The item ${name} of the ledger ${what}.`;
    await tellAbout(name, state, { decision: 'done', reason: 'ledger-readable', message, variant: '' }, trigger);
  }
}

/** An index that cannot be read itself is begun anew. */
async function readIndex({ documents, table }: Ledger, remediation: string): Promise<ToldIndex> {
  const unreadable = new UnreadableItems();
  const [known] = await readItems({ documents, table, unreadable }, UNREADABLE_PK, [remediation], toldIndex);
  const revision = unreadable.all()[0]?.item.revision;
  return known ?? { items: {}, revision: typeof revision === 'number' ? revision : 0 };
}

const saveIndex = ({ documents, table }: Ledger, remediation: string, index: ToldIndex, now: number, writer: string) =>
  saveUnlessWritten(
    { documents, table },
    { pk: UNREADABLE_PK, sk: remediation, keptUntil: now + KEPT_FOR },
    index,
    writer,
  );

/** Kinds of items by what their keys name (`ledger.ts`). Items of other kinds are about the account. */
const OF_GROUPS: ReadonlySet<string> = new Set([
  'node-group',
  'refresh',
  'replacement-order',
  'drain-hook',
  'node-class',
  'exposed-group',
  'open-exposures',
  'posture-group',
  'authority-in-user-data',
  'hosts',
  'findings',
  'coverage',
]);
const OF_CLUSTERS: ReadonlySet<string> = new Set([
  'agent-install',
  'posture',
  'support',
  'certificate-authority',
  'other-nodes',
  'other-hosts',
]);

function subjectIn({ pk, sk }: Pick<UnreadableItem, 'pk' | 'sk'>): RecordSubject {
  if (/^i-[0-9a-f]{1,17}$/.test(sk)) return { instance: sk };
  if (OF_GROUPS.has(pk) && sk.includes('/')) return keyOf(sk);
  return OF_CLUSTERS.has(pk) ? { cluster: sk } : {};
}

/** The members come in any order. */
function digestOf(item: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 16);
}
