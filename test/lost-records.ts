import { expect } from 'vitest';
import { POSTURE_CHECKS } from '../functions/shared/posture/checks.ts';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { eventAt, type Scenario, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ALL_PROOFS } from './sampled.ts';

/** Whose outcomes some items of the ledger count, and what the records of such a subject name. */
interface Counted {
  readonly remediation: string;
  readonly about: 'instance' | 'nodegroup';
}

/** By what the `pk` of items says. */
export type CountedItems = Readonly<Record<string, Counted>>;

const COUNTED: CountedItems = {
  'node-group': { remediation: 'upgrade-node-groups', about: 'nodegroup' },
  worker: { remediation: 'manage-ssm-agent', about: 'instance' },
  quarantine: { remediation: 'quarantine-workers', about: 'instance' },
  findings: { remediation: 'triage-findings', about: 'nodegroup' },
};

/**
 * What the ledger remembers as told and no record tells, in sentences: of each subject it counts the outcomes, and a
 * record that is written twice has the same id.
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

/** Checks that are shown in the report, and not told of. */
const REPORTED = new Set<string>(POSTURE_CHECKS.flatMap(({ id, isReported }) => (isReported === true ? id : [])));

/** Each check that is remembered to fail has been told of; each that was told of is remembered, or its end was told. */
function lostFindings(
  records: readonly RemediationRecord[],
  subject: string,
  open: Readonly<Record<string, { readonly M?: Readonly<Record<string, { readonly S?: string }>> }>>,
): string[] {
  const ours = records.filter(
    (record) => record.remediation === 'check-posture' && nameOf(record, 'nodegroup') === subject,
  );
  const incidents = Map.groupBy(ours, ({ correlationId }) => correlationId);
  // Some checks are remembered for the report alone.
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

const nameOf = ({ cluster, nodegroup, instance }: RemediationRecord, about: 'instance' | 'nodegroup'): string =>
  about === 'instance' ? (instance ?? '') : instance === undefined ? `${cluster}/${nodegroup}` : '';

/** Dying after a call that only reads is dying before the next one. */
const READS = /^(Describe|Get|List|BatchGet|Query|GET|LIST)/;
/** Most deaths of one function that are tried, spread over its life; `PROOFS=all` tries each. */
const MOST = ALL_PROOFS ? Number.POSITIVE_INFINITY : 6;

/** Lets a function die before and after calls that change something, and expects that no record is lost wherever it does. */
export async function expectNoLoss(name: string, scenario: Scenario, counted: CountedItems = {}): Promise<void> {
  const undisturbed = await start(scenario);
  expect(await lostRecords(undisturbed, counted)).toEqual([]);
  expect(undisturbed.records.map(({ remediation }) => remediation)).toContain(name);
  const calls = undisturbed.calls.filter((call) => call.function === name);
  const changing = calls.flatMap(({ operation }, index) => (READS.test(operation) ? [] : [index + 1]));
  expect(changing.length).toBeGreaterThan(2);
  const step = Math.max(1, Math.ceil(changing.length / MOST));
  for (const call of changing.filter((_, index) => index % step === 0))
    for (const when of ['before', 'after'] as const) {
      const run = await start({ ...scenario, faults: { crash: { function: name, call, when } } });
      const where = `${when} call ${call}, ${calls[call - 1]?.operation}`;
      expect(await lostRecords(run, counted), where).toEqual([]);
      expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
    }
}

/** Somebody else's events about the same cluster, one each few seconds: whoever dies is not the next one to look. */
export const others = (
  sample: { readonly detail: object } & Parameters<typeof eventAt>[1],
  from: number,
  detail: object,
) =>
  Array.from({ length: 40 }, (_, index) =>
    eventAt(from + index * 20_000, { ...sample, id: `other-${index}`, detail: { ...sample.detail, ...detail } }),
  );
