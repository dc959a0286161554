import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';

/** Whose outcomes the items of the ledger count, by what their `pk` says, and what the records of such a subject name. */
const COUNTED: Readonly<Record<string, { readonly remediation: string; readonly about: 'instance' | 'nodegroup' }>> = {
  'node-group': { remediation: 'upgrade-node-groups', about: 'nodegroup' },
  worker: { remediation: 'manage-ssm-agent', about: 'instance' },
  quarantine: { remediation: 'quarantine-workers', about: 'instance' },
  findings: { remediation: 'triage-findings', about: 'nodegroup' },
  imds: { remediation: 'require-imdsv2', about: 'instance' },
};

/**
 * What the ledger remembers as told and no record tells, in sentences: of each subject it counts the outcomes, and a
 * record that is written twice has the same id.
 */
export async function lostRecords({ account, records }: Run): Promise<string[]> {
  const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
  const lost: string[] = [];
  for (const { pk, sk, outcomes, unrecorded, findings } of items) {
    const [kind, subject] = [pk?.S ?? '', sk?.S ?? ''];
    if (unrecorded !== undefined) lost.push(`${kind} ${subject} still holds an outcome that is not recorded`);
    const counted = COUNTED[kind];
    if (counted !== undefined) {
      const written = idsOf(records, counted.remediation, (record) => nameOf(record, counted.about) === subject);
      if (written.size !== Number(outcomes?.N ?? 0))
        lost.push(`${kind} ${subject} counts ${outcomes?.N} outcomes, of which ${written.size} are recorded`);
    }
    if (kind === 'posture-group') lost.push(...lostFindings(records, subject, findings?.M ?? {}));
  }
  return lost;
}

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
  const remembered = new Set(Object.values(open).map(({ M }) => M?.correlationId?.S ?? ''));
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
