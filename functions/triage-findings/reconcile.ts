import type { SQSRecord } from 'aws-lambda';
import { isOutOfService, lifecycleStatesOf } from '../shared/fleet/lifecycle.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import {
  type FindingState,
  findingKey,
  NEW_FINDING_STATE,
  readFindingStates,
  readOpenFindingStates,
} from '../shared/ledger/finding-ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { type ActDeps, carryOut, type Decided } from './act.ts';
import { type Batch, readBatch } from './batch.ts';
import { lowestFloor, policyFor, policyOf } from './circumstances.ts';
import { recordCounts } from './counts.ts';
import { decide } from './decide.ts';
import { decideAccount, decideCoverage, whyIgnored } from './decide-coverage.ts';
import type { Circumstances } from './decision.ts';
import { type ClaimedGroup, type Counts, groupClaims, isCovered, narrow } from './narrow.ts';
import type { CoverageObservation } from './observation.ts';
import { type DueGroup, type ObserveClients, observeGroups } from './observe.ts';
import { type AccountView, observeAccount } from './observe-account.ts';
import { type FoundWorker, findWorkers } from './observe-instances.ts';
import type { Policy } from './policy.ts';
import type { triageFindings } from './remediation.ts';
import { isAtLeast } from './urgency.ts';

export interface ReconcileDeps extends QueueDeps<typeof triageFindings>, ActDeps, ObserveClients {}

/** How old a worker must be to be reported as unscanned, ms. Inspector scans it some minutes after its launch. */
const SCANNED_WITHIN = 60 * 60_000;

/**
 * Reconciles all messages of a batch. It narrows the claims to the node groups for which they are news, observes those,
 * decides, acts and records. Finally it counts each message.
 *
 * @throws when AWS could not be read or written; SQS delivers the batch again, and completed steps are not repeated
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { batch, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const ignored = whyIgnored(policy);
  if (ignored !== undefined) await ignore(deps, batch, ignored, policy, now);
  else if (!isInvalid(policy)) await triage(deps, batch, { policy, now, account: deps.account });
  for (const message of malformed) await putAside(deps, message);
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
    const state = await readAccountState(deps);
    const observation = { topic: 'coverage', subject: {}, trigger: batch.account, state, status: undefined } as const;
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
  const account = batch.account && (await observeAccount(deps.inspector, deps.account, severityFloor));
  // An administrator account also receives events about findings of its members, whose workers are not its own.
  const own = batch.claims.filter(({ accountId = deps.account }) => accountId === deps.account);
  const { worthwhile: counting, belowFloor, withoutFix } = narrow(own, { severityFloor });
  // Find the node groups concerned, and those for which the claims are news.
  const workers = await findWorkers(deps.ec2, [
    ...counting.map(({ instanceId }) => instanceId),
    ...(account?.afflicted ?? []),
    ...(account?.unscanned.keys() ?? []),
  ]);
  const findingsOf = (key: NodeGroupKey) => policyOf(policy, key).findings;
  const worthwhile = counting.filter(({ instanceId, severity }) => {
    const worker = workers.get(instanceId);
    return worker === undefined || isAtLeast(severity, findingsOf(worker.key).severityFloor);
  });
  // A worker in quarantine does not represent its node group, so its findings are set aside.
  const serving = new Map([...workers].filter(([, { isolated }]) => isolated !== true));
  const claimed = groupClaims(worthwhile, serving, findingsOf);
  const { due, known } = await chooseDue(deps, batch, claimed, account, serving, now);

  // Ask Inspector itself, and decide.
  const findingsAt = (...place: Parameters<Parameters<typeof observeGroups>[2]>) => policyOf(policy, ...place).findings;
  const observations = await observeGroups(deps, due, findingsAt, deps.account);
  const decided: Decided[] = observations.map((observation) => ({
    observation,
    decision: decide(observation, circumstances),
    policy: policyFor(policy, observation),
  }));
  if (account !== undefined && batch.account !== undefined) {
    decided.push(...(await decideSweep(deps, account, serving, batch.account, circumstances)));
  }
  // Request upgrades, record and save, then count each message.
  await carryOut(deps, decided, { now, mode: policy.findings.mode });

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

/** The node groups to reconcile: those that the batch brings news about, and those that were requested. */
async function chooseDue(
  deps: ReconcileDeps,
  batch: Batch,
  claimed: readonly ClaimedGroup[],
  account: AccountView | undefined,
  workers: ReadonlyMap<string, FoundWorker>,
  now: number,
): Promise<{ due: DueGroup[]; known: number }> {
  const asked = new Map<string, Omit<DueGroup, 'state'>>();
  for (const [subject, { key, trigger }] of batch.nodeGroups) {
    asked.set(subject, { key, trigger, ownership: 'managed', instanceIds: [] });
  }
  const remembered = account === undefined ? new Map() : await readOpenFindingStates(deps.ledger, 'findings');
  if (batch.account !== undefined)
    addSwept(asked, [...remembered.keys()], account?.afflicted ?? [], workers, batch.account);

  const subjects = [...asked.keys(), ...claimed.map(({ key }) => subjectOf(key))];
  const states = await readFindingStates(deps.ledger, 'findings', subjects);
  const stateOf = (subject: string): FindingState => states.get(subject) ?? NEW_FINDING_STATE;
  const covered = claimed.filter((group) => isCovered(group, stateOf(subjectOf(group.key)), now));
  const news = claimed.filter((group) => !covered.includes(group));
  for (const { claims: _, ...group } of news) asked.set(subjectOf(group.key), group);
  return {
    due: [...asked].map(([subject, group]) => ({ ...group, state: stateOf(subject) })),
    known: covered.reduce((sum, { claims }) => sum + claims.length, 0),
  };
}

/**
 * Adds the node groups of a sweep: those with remembered findings, and those with findings that no event may have
 * named.
 */
function addSwept(
  asked: Map<string, Omit<DueGroup, 'state'>>,
  remembered: readonly string[],
  afflicted: readonly string[],
  workers: ReadonlyMap<string, FoundWorker>,
  trigger: MessageTrigger,
): void {
  for (const subject of remembered) {
    const key = keyOf(subject);
    if (key.nodegroup.includes(':')) continue;
    asked.set(subject, { key, trigger, ownership: 'managed', instanceIds: [] });
  }
  const found = afflicted.flatMap((id) => workers.get(id) ?? []);
  for (const [subject, [first, ...others]] of Map.groupBy(found, ({ key }) => subjectOf(key))) {
    if (first === undefined) continue;
    const { key, ownership } = first;
    asked.set(subject, {
      key,
      ownership,
      trigger,
      instanceIds: [first, ...others].map(({ instanceId }) => instanceId),
    });
  }
}

/** Decides about Inspector in the account, and about the node groups whose workers it does not scan. */
async function decideSweep(
  deps: ReconcileDeps,
  { status, refused, unscanned }: AccountView,
  workers: ReadonlyMap<string, FoundWorker>,
  trigger: MessageTrigger,
  circumstances: Circumstances,
): Promise<Decided[]> {
  const old = [...workers.values()].filter(
    ({ instanceId, launchedAt, ownership }) =>
      unscanned.has(instanceId) && circumstances.now - launchedAt >= SCANNED_WITHIN && ownership !== 'auto-mode',
  );
  const members = old.flatMap(({ instanceId, autoScalingGroup }) => (autoScalingGroup === undefined ? [] : instanceId));
  const lifecycles = await lifecycleStatesOf(deps.autoScaling, members);
  // A worker in standby or on its way out needs no advice.
  const settled = old.filter(({ instanceId }) => !isOutOfService(lifecycles.get(instanceId)));
  const groups = Map.groupBy(settled, ({ key }) => subjectOf(key));
  const states = await readFindingStates(deps.ledger, 'coverage', [ACCOUNT, ...groups.keys()]);
  const about = {
    topic: 'coverage',
    subject: {},
    trigger,
    state: states.get(ACCOUNT) ?? NEW_FINDING_STATE,
    status,
    ...(refused !== undefined && { refused }),
  } as const;
  const ofGroups = [...groups].flatMap(([subject, [first, ...others]]): CoverageObservation[] => {
    if (first === undefined) return [];
    const byReason = Map.groupBy([first, ...others], ({ instanceId }) => unscanned.get(instanceId) ?? '');
    const ids = [...byReason].map(([reason, ofReason]): [string, string[]] => [
      reason,
      ofReason.map((each) => each.instanceId),
    ]);
    const state = states.get(subject) ?? NEW_FINDING_STATE;
    return [{ topic: 'coverage', subject: first.key, trigger, state, unscanned: new Map(ids) }];
  });
  return [
    { observation: about, decision: decideAccount(about, circumstances.policy) },
    ...ofGroups.map((observation) => ({ observation, decision: decideCoverage(observation, circumstances) })),
  ];
}

const ACCOUNT = findingKey({});

const readAccountState = async ({ ledger }: ReconcileDeps): Promise<FindingState> =>
  (await readFindingStates(ledger, 'coverage', [ACCOUNT])).get(ACCOUNT) ?? NEW_FINDING_STATE;
