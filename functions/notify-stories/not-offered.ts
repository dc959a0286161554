import { PublishCommand } from '@aws-sdk/client-sns';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { isNotOffered } from '../shared/runtime/aws-error.ts';
import type { TellDeps } from './act.ts';
import { type FindingDeps, keepFindings } from './findings.ts';
import { readFindings, saveFinding } from './security-hub-ledger.ts';

/** Ledger key of the state of Security Hub itself. No subject of a finding has this name. */
const ITSELF = 'security-hub is not offered';

/**
 * Imports findings into Security Hub. Where AWS does not offer Security Hub in the region, the topic is notified once,
 * and no invocation fails for it.
 *
 * @throws FindingsRefused when Security Hub is available and did not accept every finding
 */
export async function keepFindingsWhereOffered(
  deps: FindingDeps & TellDeps,
  records: readonly ReadRecord[],
): Promise<void> {
  try {
    await keepFindings(deps, records);
  } catch (error) {
    if (!isNotOffered(error)) throw error;
    if ((await readFindings(deps.ledger, [ITSELF])).has(ITSELF)) return;
    const Subject = `${deps.stack}: Security Hub is not offered here`;
    const Message = `The policy has notifications.securityHub: enforce, and this region has no Security Hub (${error.message}). No findings are written there. All other notifications go on. Set notifications.securityHub to off. This message comes once.`;
    await deps.sns.send(new PublishCommand({ TopicArn: deps.topicArn, Subject, Message }));
    const now = deps.clock.now();
    await saveFinding(deps.ledger, ITSELF, { followedTo: now }, now);
  }
}
