import type { EKSClient } from '@aws-sdk/client-eks';
import type { HealthPlannedLifecycle } from '../../events/health-planned-lifecycle.ts';
import { type Ledger, writesOf } from '../shared/ledger/ledger.ts';
import { recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { type Decision, decide } from './decide.ts';
import { type Observation, observe } from './observe.ts';
import { decidePlanned } from './planned.ts';
import type { Policy } from './policy.ts';
import type { Recorder } from './remediation.ts';
import { NOTHING_TOLD, readPlanned, readSupport, savePlanned, saveSupport, type Told } from './support-ledger.ts';

export interface ReconcileDeps {
  readonly eks: EKSClient;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly readPolicy: () => Promise<Policy | InvalidPolicy>;
  readonly clock: Clock;
  readonly account: string;
  /** Unique name of this run. */
  readonly caller: string;
}

/**
 * One run: what there is to tell of each cluster is told once. Under an invalid policy nothing is: it may leave clusters out, and
 * other functions tell of the policy.
 *
 * @param planned what AWS Health plans, where its event started the run
 * @throws AggregateError when something about some clusters could not be told; all others are told of by then
 */
export async function reconcile(
  deps: ReconcileDeps,
  trigger: Trigger,
  planned?: HealthPlannedLifecycle['detail'],
): Promise<void> {
  const policy = await deps.readPolicy();
  if (isInvalid(policy)) return;
  // The state of AWS, and what was told of it.
  const { names, observations } = await observe(deps.eks);
  const known = await readSupport(deps.ledger);
  const circumstances = { policy, account: deps.account, now: deps.clock.now() };
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown) => void troubles.push(error);
  // The support of each cluster's version.
  const tellSupport = async (observation: Observation): Promise<void> => {
    const { name, version = '' } = observation.cluster;
    const before = known.get(name) ?? NOTHING_TOLD;
    const decision = decide(observation, circumstances);
    const incident = `support ${name} ${version}${decision.isExtended ? ' extended' : ''}`;
    const about = { cluster: name, trigger, incident };
    const save = (state: Told, writer: string) => saveSupport(deps.ledger, name, state, circumstances.now, writer);
    // An incident of another version, or of standard support, ends before the next one begins.
    const isOther = before.correlationId !== undefined && before.correlationId !== incident;
    const over: Decision = { ...decision, decision: 'done', reason: 'support-told-before' };
    const closed = isOther && decision.decision !== 'done' ? await tellOnce(deps, before, about, over, save) : before;
    if (closed !== undefined) await tellOnce(deps, closed, about, decision, save);
  };
  for (const observation of observations) await tellSupport(observation).catch(onTrouble);
  // Clusters that are gone.
  for (const [name, before] of known) {
    if (names.includes(name)) continue;
    const save = (state: Told, writer: string) => saveSupport(deps.ledger, name, state, circumstances.now, writer);
    const about = { cluster: name, trigger, incident: trigger.id };
    await tellOnce(deps, before, about, GONE, save).catch(onTrouble);
  }
  // What AWS Health plans for clusters of which something may be told.
  if (planned !== undefined) {
    await tellPlanned(deps, trigger, planned, observations.filter(isTold(circumstances))).catch(onTrouble);
  }
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be told.');
}

const GONE: Decision = {
  decision: 'done',
  reason: 'support-lasts',
  message: 'The cluster does not exist any more.',
  variant: 'gone',
};

const isTold = (circumstances: Parameters<typeof decide>[1]) => (observation: Observation) =>
  !['opted-out', 'out-of-scope'].includes(decide(observation, circumstances).variant);

async function tellPlanned(
  deps: ReconcileDeps,
  trigger: Trigger,
  planned: HealthPlannedLifecycle['detail'],
  observations: readonly Observation[],
): Promise<void> {
  const arns = new Map(observations.map(({ cluster: { name, arn = '' } }) => [name, arn]));
  const { eventArn, byCluster } = decidePlanned(planned, arns);
  const known = await readPlanned(deps.ledger, eventArn, [...byCluster.keys()]);
  for (const [cluster, decision] of byCluster) {
    const { cluster: _, ...before } = known.get(cluster) ?? { cluster, ...NOTHING_TOLD };
    await tellOnce(deps, before, { cluster, trigger, incident: eventArn }, decision, async (state, writer) =>
      savePlanned(deps.ledger, eventArn, { cluster, ...state }, deps.clock.now(), writer),
    );
  }
}

interface About {
  readonly cluster: string;
  readonly trigger: Trigger;
  /** Correlation id of the incident that a decision which is not `done` belongs to. */
  readonly incident: string;
}

/**
 * Records a decision that was not told before. That nothing is wrong is told only where something was.
 *
 * @returns the state from then on; undefined when another run was first
 */
async function tellOnce(
  { recorder, caller }: ReconcileDeps,
  before: Told,
  { cluster, trigger, incident }: About,
  { decision, reason, message, variant }: Decision,
  write: (state: Told, writer: string) => Promise<Told | undefined>,
): Promise<Told | undefined> {
  const isOver = decision === 'done';
  const isOpen = before.correlationId !== undefined;
  const fingerprint = isOver ? undefined : `${reason} ${variant}`;
  const isNew = isOver ? isOpen : fingerprint !== before.fingerprint;
  if (!isNew && before.unrecorded === undefined) return before;
  const outcomes = before.outcomes + (isNew ? 1 : 0);
  const correlationId = isOver ? (before.correlationId ?? incident) : incident;
  const writer = writesOf(`${caller} ${cluster} ${incident} ${outcomes}`);
  const { fingerprint: _, correlationId: _open, unrecorded: _told, ...rest } = before;
  const next: Told = { ...rest, outcomes, ...(fingerprint !== undefined && { fingerprint, correlationId }) };
  const outcome = { subject: { cluster }, decision, reason, message, trigger, correlationId };
  return recordOnce({ save: (state: Told) => write(state, writer()), record: recorder.record }, before, next, {
    ...outcome,
    fingerprint: `${outcomes} ${reason} ${variant}`,
  });
}
