import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
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

/**
 * Imports into Security Hub what these records open and close, then saves the states. After a crash between the two,
 * the same findings are imported again under the same ids.
 *
 * @throws Error when Security Hub did not accept every finding
 */
export async function keepFindings(deps: FindingDeps, records: readonly ReadRecord[]): Promise<void> {
  const subjects = Map.groupBy(records, findingSubject);
  const names = [...subjects.keys()].filter((name) => name !== undefined);
  const states = await readFindings(deps.ledger, names);
  const followed = names.map((name) => ({
    name,
    ...followFinding(states.get(name) ?? NO_FINDING, subjects.get(name) ?? []),
  }));
  const changed = followed.filter(({ verdicts }) => verdicts.length > 0);
  const findings = changed.flatMap(({ verdicts }) => verdicts.map((verdict) => findingOf(verdict, deps)));
  // A call may name a finding only once. The last verdict on it counts.
  const lastWords = [...new Map(findings.map((finding) => [finding.Id, finding])).values()];
  for (const batch of chunks(lastWords, FINDINGS_PER_CALL)) await importFindings(deps, batch);
  const now = deps.clock.now();
  await pMap(changed, ({ name, state }) => saveFinding(deps.ledger, name, state, now), {
    concurrency: READ_CONCURRENCY,
  });
}

async function importFindings({ securityHub }: FindingDeps, batch: readonly AwsSecurityFinding[]): Promise<void> {
  const answer = await securityHub.send(new BatchImportFindingsCommand({ Findings: [...batch] }));
  if (answer.FailedCount === 0) return;
  const [first] = answer.FailedFindings ?? [];
  throw new Error(
    `Security Hub did not take ${answer.FailedCount} of ${batch.length} findings: ${first?.ErrorCode} ${first?.ErrorMessage}`,
  );
}
