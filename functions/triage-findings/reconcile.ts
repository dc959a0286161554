import type { SQSRecord } from 'aws-lambda';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { findingKey } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { type ActDeps, carryOut, type Decided } from './act.ts';
import { type Batch, readBatch } from './batch.ts';
import { chooseDue } from './choose-due.ts';
import { lowestFloor, policyFor, policyOf } from './circumstances.ts';
import { recordCounts } from './counts.ts';
import { decide } from './decide.ts';
import { decideAccount, decideCoverage, whyIgnored } from './decide-coverage.ts';
import type { Circumstances } from './decision.ts';
import { type Counts, groupClaims, narrow } from './narrow.ts';
import type { GroupObservation } from './observation.ts';
import { type ObserveClients, observeGroups } from './observe.ts';
import { observeAccount } from './observe-account.ts';
import { observeCoverage, recallAccount } from './observe-coverage.ts';
import { findWorkers } from './observe-instances.ts';
import type { Policy } from './policy.ts';
import type { triageFindings } from './remediation.ts';
import { isAtLeast } from './urgency.ts';

export interface ReconcileDeps extends QueueDeps<typeof triageFindings>, ActDeps, ObserveClients {}

/**
 * Reconciles all messages of a batch. It narrows the claims to the node groups for which they are news, observes those,
 * decides, acts and records. Finally it counts each message.
 *
 * @throws when AWS could not be read or written; SQS delivers the batch again, and completed steps are not repeated. Where
 *   only some groups could not be read, all others are completed first
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { batch, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const troubles: unknown[] = [];
  const note = (error: unknown): undefined => void troubles.push(error);
  const ignored = whyIgnored(policy);
  if (ignored !== undefined) await ignore(deps, batch, ignored, policy, now).catch(note);
  else if (!isInvalid(policy)) await triage(deps, batch, { policy, now, account: deps.account }).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be looked at or done.');
}

/** Counts each batch as ignored, without a read from AWS. Only the sweep's batch records why findings are ignored. */
async function ignore(
  deps: ReconcileDeps,
  batch: Batch,
  ignored: NonNullable<ReturnType<typeof whyIgnored>>,
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<void> {
  if (batch.account !== undefined) {
    const observation = await recallAccount(deps.ledger, batch.account);
    const mode = isInvalid(policy) ? undefined : policy.findings.mode;
    await carryOut(deps, [{ observation, decision: ignored }], { now, mode });
  }
  recordCounts(deps.recorder, batch, { ignored: batch.claims.length }, { why: ignored.outcome.message });
}

async function triage(deps: ReconcileDeps, batch: Batch, circumstances: Circumstances): Promise<void> {
  const { policy, now } = circumstances;
  // The place of a finding is not known yet, so the lowest floor of all places applies.
  const severityFloor = lowestFloor(policy);
  // A sweep reads what Inspector holds open in the account. Events count where the finding is grave enough and fixable.
  const sweep = batch.account && {
    ...(await observeAccount(deps.inspector, deps.account, severityFloor)),
    trigger: batch.account,
  };
  // An administrator account also receives events about findings of its members, whose workers are not its own.
  const own = batch.claims.filter(({ accountId = deps.account }) => accountId === deps.account);
  const { worthwhile: counting, belowFloor, withoutFix } = narrow(own, { severityFloor });
  // Find the node groups concerned, and those for which the claims are news.
  const workers = await findWorkers(deps.ec2, [
    ...counting.map(({ instanceId }) => instanceId),
    ...(sweep?.afflicted ?? []),
    ...(sweep?.unscanned.keys() ?? []),
  ]);
  const findingsOf = (key: NodeGroupKey) => policyOf(policy, key).findings;
  const worthwhile = counting.filter(({ instanceId, severity }) => {
    const worker = workers.get(instanceId);
    return worker === undefined || isAtLeast(severity, findingsOf(worker.key).severityFloor);
  });
  // A worker in quarantine does not represent its node group, so its findings are set aside.
  const serving = new Map([...workers].filter(([, { isolated }]) => isolated !== true));
  const claimed = groupClaims(worthwhile, serving, findingsOf);
  const { due, known } = await chooseDue(deps.ledger, batch, { claimed, sweep }, serving, now);

  // Ask Inspector itself, and decide.
  const policyAt = (...place: Parameters<Parameters<typeof observeGroups>[2]>) => policyOf(policy, ...place);
  const { observations, troubles } = await observeGroups(deps, due, policyAt, deps.account);
  const decideOn = (observation: GroupObservation): Decided => ({
    observation,
    decision: decide(observation, circumstances),
    policy: policyFor(policy, observation),
  });
  const decided = observations.map(decideOn);
  if (sweep !== undefined) {
    const { account, groups } = await observeCoverage(deps, sweep, serving, now);
    if (deps.ledger.unreadable?.has('coverage', findingKey({})) !== true)
      decided.push({ observation: account, decision: decideAccount(account, policy) });
    for (const group of groups) decided.push({ observation: group, decision: decideCoverage(group, circumstances) });
  }
  // Request upgrades, record and save, then count each message.
  const options = { now, mode: policy.findings.mode };
  const leftOpen = await carryOut(deps, decided, options);
  // One record tells of the end of some findings, and the next one of those that are open besides.
  await carryOut(deps, leftOpen.map(decideOn), options);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every group could be read.');

  const nonWorkers = worthwhile.filter(({ instanceId }) => !workers.has(instanceId));
  const setAside = worthwhile.filter(({ instanceId }) => workers.get(instanceId)?.isolated === true).length;
  const onWorkers = worthwhile.length - nonWorkers.length - setAside;
  const counts: Partial<Counts> = {
    belowFloor: belowFloor + counting.length - worthwhile.length,
    withoutFix,
    notOnWorker: nonWorkers.length + batch.claims.length - own.length,
    known,
    examined: onWorkers - known,
    ignored: setAside,
  };
  recordCounts(deps.recorder, batch, counts, { nonWorkers });
}
