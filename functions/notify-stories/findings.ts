import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  type ImportFindingsError,
  type SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import pMap from 'p-map';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { findingOf, findingSubject, followFinding, type Reporter } from './finding.ts';
import { NO_FINDING, readFindings, saveFinding } from './security-hub-ledger.ts';

export interface FindingDeps extends Reporter {
  readonly securityHub: SecurityHubClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** BatchImportFindings takes at most a hundred findings. */
const FINDINGS_PER_CALL = 100;

/** Security Hub did not accept every finding. The states of those that it accepted are saved. */
export class FindingsRefused extends Error {
  override readonly name = 'FindingsRefused';
}

/**
 * Imports into Security Hub what these records open and close, then saves the states of what it accepted. After a crash
 * between the two, the same findings are imported again under the same ids.
 *
 * @throws FindingsRefused when Security Hub did not accept every finding
 */
export async function keepFindings(deps: FindingDeps, records: readonly ReadRecord[]): Promise<void> {
  const subjects = Map.groupBy(records, findingSubject);
  const names = [...subjects.keys()].filter((name) => name !== undefined);
  const states = await readFindings(deps.ledger, names);
  const followed = names.map((name) => {
    const { state, verdicts } = followFinding(states.get(name) ?? NO_FINDING, subjects.get(name) ?? []);
    return { name, state, findings: verdicts.map((verdict) => findingOf(verdict, deps)) };
  });
  const changed = followed.filter(({ findings }) => findings.length > 0);
  // A call may name a finding only once. The last verdict on it counts.
  const lastWords = [...new Map(changed.flatMap(({ findings }) => findings.map((one) => [one.Id, one]))).values()];
  const refused = new Map<string, string>();
  for (const batch of chunks(lastWords, FINDINGS_PER_CALL))
    for (const { Id = '', ErrorCode, ErrorMessage } of await importFindings(deps, batch))
      refused.set(Id, `${ErrorCode} ${ErrorMessage}`);
  const taken = changed.filter(({ findings }) => findings.every(({ Id = '' }) => !refused.has(Id)));
  const now = deps.clock.now();
  await pMap(taken, ({ name, state }) => saveFinding(deps.ledger, name, state, now), {
    concurrency: READ_CONCURRENCY,
  });
  const [why] = refused.values();
  if (why !== undefined)
    throw new FindingsRefused(`Security Hub did not take ${refused.size} of ${lastWords.length} findings: ${why}`);
}

/**
 * Returns the findings that Security Hub refused, each with the reason.
 * @throws FindingsRefused where the answer does not name each of them
 */
async function importFindings(
  { securityHub }: FindingDeps,
  batch: readonly AwsSecurityFinding[],
): Promise<readonly ImportFindingsError[]> {
  const { FailedCount, FailedFindings = [] } = await securityHub.send(
    new BatchImportFindingsCommand({ Findings: [...batch] }),
  );
  if (FailedFindings.length === FailedCount) return FailedFindings;
  throw new FindingsRefused(
    `Security Hub did not take ${FailedCount} of ${batch.length} findings, and does not name them`,
  );
}
