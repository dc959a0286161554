import { expect } from 'vitest';
import { POSTURE_CHECKS } from '../functions/shared/posture/checks.ts';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { eventAt, type Scenario, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ALL_PROOFS } from './sampled.ts';

/** The function whose outcomes an item of the ledger counts, and what the records of the subject name. */
interface Counted {
  readonly remediation: string;
  /** What the records of an item are about, or how to tell the key of a record's item. */
  readonly about: 'instance' | 'nodegroup' | ((record: RemediationRecord) => string);
}

/** The counted items by their `pk`. */
export type CountedItems = Readonly<Record<string, Counted>>;

const COUNTED: CountedItems = {
  'node-group': { remediation: 'upgrade-node-groups', about: 'nodegroup' },
  worker: { remediation: 'manage-ssm-agent', about: 'instance' },
  quarantine: { remediation: 'quarantine-workers', about: 'instance' },
  findings: { remediation: 'triage-findings', about: 'nodegroup' },
};

/**
 * Outcomes that the ledger remembers as recorded and that no record has, as sentences. The ledger counts the outcomes
 * of each subject, and a record that is written twice has the same id.
 *
 * @param counted further items that count outcomes
 */
export async function lostRecords({ account, records }: Run, counted: CountedItems = {}): Promise<string[]> {
  const all = { ...COUNTED, ...counted };
  const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
  const lost: string[] = [];
  for (const { pk, sk, outcomes, unrecorded, findings } of items) {
    const [kind, subject] = [pk?.S ?? '', sk?.S ?? ''];
    if (unrecorded !== undefined) lost.push(`${kind} ${subject} still holds an outcome that is not recorded`);
    const known = all[kind];
    if (known !== undefined) {
      const written = idsOf(records, known.remediation, (record) => nameOf(record, known.about) === subject);
      if (written.size !== Number(outcomes?.N ?? 0))
        lost.push(`${kind} ${subject} counts ${outcomes?.N} outcomes, of which ${written.size} are recorded`);
    }
    if (kind === 'posture-group') lost.push(...lostFindings(records, subject, findings?.M ?? {}));
  }
  return lost;
}

/** Checks that only appear in the report. */
const REPORTED = new Set<string>(POSTURE_CHECKS.flatMap(({ id, isReported }) => (isReported === true ? id : [])));

/** Each remembered failure of a check must be recorded. Each recorded one must be remembered, or its end recorded. */
function lostFindings(
  records: readonly RemediationRecord[],
  subject: string,
  open: Readonly<Record<string, { readonly M?: Readonly<Record<string, { readonly S?: string }>> }>>,
): string[] {
  const ours = records.filter(
    (record) => record.remediation === 'check-posture' && nameOf(record, 'nodegroup') === subject,
  );
  const incidents = Map.groupBy(ours, ({ correlationId }) => correlationId);
  // Some checks are only remembered for the report.
  const notified = Object.entries(open).filter(([check]) => !REPORTED.has(check));
  const remembered = new Set(notified.map(([, { M }]) => M?.correlationId?.S ?? ''));
  const untold = [...remembered].filter((id) => incidents.get(id)?.at(-1)?.decision === undefined);
  const unended = [...incidents].filter(([id, told]) => !remembered.has(id) && told.at(-1)?.decision !== 'done');
  return [...untold, ...unended.map(([id]) => id)].map(
    (id) => `posture ${subject}: ${id} is told and remembered apart`,
  );
}

const idsOf = (
  records: readonly RemediationRecord[],
  remediation: string,
  isMeant: (record: RemediationRecord) => boolean,
): Set<string> =>
  new Set(records.filter((record) => record.remediation === remediation && isMeant(record)).map(({ id }) => id));

function nameOf(record: RemediationRecord, about: Counted['about']): string {
  if (typeof about === 'function') return about(record);
  const { cluster, nodegroup, instance } = record;
  return about === 'instance' ? (instance ?? '') : instance === undefined ? `${cluster}/${nodegroup}` : '';
}

/** Dying after a call that only reads equals dying before the next one. */
const READS = /^(Describe|Get|List|BatchGet|Query|GET|LIST)/;
/** How many deaths of one function are tried at most, spread over its life; `PROOFS=all` tries each. */
const MOST = ALL_PROOFS ? Number.POSITIVE_INFINITY : 6;
/** The function's own accounts and letters. Everything else changes hosts, groups or rights. */
const OWN =
  /^(PutItem|UpdateItem|DeleteItem|BatchWriteItem|TransactWriteItems|SendMessage|SendMessageBatch|CreateSchedule)$/;

/** Kills a function before and after changing calls, and expects that no record is lost. */
export async function expectNoLoss(name: string, scenario: Scenario, counted: CountedItems = {}): Promise<void> {
  const undisturbed = await start({ ...scenario, inProcess: true });
  expect(await lostRecords(undisturbed, counted)).toEqual([]);
  expect(undisturbed.records.map(({ remediation }) => remediation)).toContain(name);
  const calls = undisturbed.calls.filter((call) => call.function === name);
  const changing = calls.flatMap(({ operation }, index) => (READS.test(operation) ? [] : [index + 1]));
  expect(changing.length).toBeGreaterThan(2);
  const acts = actsOf(undisturbed, name);
  const step = Math.max(1, Math.ceil(changing.length / MOST));
  const spread = changing.filter((_, index) => index % step === 0);
  for (const call of new Set([...spread, ...actingCalls(calls)].sort((a, b) => a - b)))
    for (const when of ['before', 'after'] as const) {
      const run = await start({ ...scenario, inProcess: true, faults: { crash: { function: name, call, when } } });
      const where = `${when} call ${call}, ${calls[call - 1]?.operation}`;
      expect(await lostRecords(run, counted), where).toEqual([]);
      const told = actsOf(run, name);
      const untold = [...acts].filter((act) => !told.has(act));
      expect(untold, `${where}: what was done and is not recorded`).toEqual([]);
      expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
    }
}

/** The first and the last call of each operation that acts, counted from 1: after the last, nothing is left to do. */
function actingCalls(calls: Run['calls']): number[] {
  const acting = calls.flatMap(({ operation }, index) =>
    READS.test(operation) || OWN.test(operation) ? [] : [{ operation, call: index + 1 }],
  );
  return [...Map.groupBy(acting, ({ operation }) => operation).values()].flatMap((alike) =>
    [alike[0], alike.at(-1)].flatMap((each) => each?.call ?? []),
  );
}

/**
 * Further events about the same cluster, some seconds apart, so that the next reconcile is not by the function that
 * died.
 */
export const others = (
  sample: { readonly detail: object } & Parameters<typeof eventAt>[1],
  from: number,
  detail: object,
) =>
  Array.from({ length: 40 }, (_, index) =>
    eventAt(from + index * 20_000, { ...sample, id: `other-${index}`, detail: { ...sample.detail, ...detail } }),
  );

/** What a function has done by its records, each as the subject and the reason. */
const actsOf = ({ records }: Run, name: string): Set<string> =>
  new Set(
    records
      .filter(({ remediation, decision }) => remediation === name && decision === 'acted')
      .map(({ cluster, nodegroup, instance, reason }) => [cluster, nodegroup, instance, reason].join(' ')),
  );
