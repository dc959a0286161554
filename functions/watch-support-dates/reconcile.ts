import type { HealthPlannedLifecycle } from '../../events/health-planned-lifecycle.ts';
import { NOTHING_TOLD, tellOnce } from '../shared/ledger/tell-once.ts';
import { UnreadableItemError } from '../shared/ledger/unreadable-items.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { type Decision, decide } from './decide.ts';
import type { DecidedFleet, TellDeps } from './decided-fleet.ts';
import { observe } from './observe.ts';
import { decidePlanned } from './planned.ts';
import type { Policy } from './policy.ts';
import {
  type Planned,
  plannedKey,
  readPlanned,
  readSupport,
  savePlanned,
  saveSupport,
  type Told,
} from './support-ledger.ts';
import { tellAuthorities } from './tell-authorities.ts';

export interface ReconcileDeps extends TellDeps {
  /** Reads what applies to every function: support and plans need no more. */
  readonly readScope: () => Promise<Pick<Policy, 'scope'> | InvalidPolicy>;
  readonly readPolicy: () => Promise<Policy | InvalidPolicy>;
  readonly account: string;
}

/** A plan of AWS Health, from the event about it. */
export type HealthPlan = HealthPlannedLifecycle['detail'];

/**
 * One run, which records each decision about a cluster once. Where the policy does not say which clusters it leaves out,
 * the run records nothing. Where only its section `authorities` is invalid, the run leaves out certificate authorities.
 * An alarm reports the policy.
 *
 * @param plan the plan of AWS Health whose event started the run. No later run knows of it.
 * @throws Error when something about some clusters, or a part of a plan, could not be recorded. All others are recorded
 * by then.
 */
export async function reconcile(deps: ReconcileDeps, trigger: Trigger, plan?: HealthPlan): Promise<void> {
  const [scope, policy] = await Promise.all([deps.readScope(), deps.readPolicy()]);
  if (isInvalid(scope) || isInvalid(policy)) deps.recorder.gauge('PolicyInvalid', 1);
  if (isInvalid(scope)) {
    if (plan !== undefined) throw new Error(`What AWS Health plans is told once the policy is valid. ${scope.error}`);
    return;
  }
  // Read the state of AWS.
  const { names, observations } = await observe(deps.eks);
  const circumstances = { policy: scope, account: deps.account, now: deps.clock.now() };
  const fleet: DecidedFleet = {
    names,
    observations,
    decided: new Map(observations.map((each) => [each.cluster.name, decide(each, circumstances)])),
  };
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown): void => {
    // It is told of the item itself.
    if (!(error instanceof UnreadableItemError)) troubles.push(error);
  };
  // Record the support of each cluster's version, its certificate authority, then the plan of AWS Health.
  await tellSupport(deps, trigger, fleet, onTrouble);
  if (!isInvalid(policy)) await tellAuthorities(deps, trigger, fleet, policy, onTrouble).catch(onTrouble);
  await tellPlans(deps, trigger, fleet, plan, onTrouble);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be told.');
}

async function tellSupport(
  deps: ReconcileDeps,
  trigger: Trigger,
  { names, observations, decided }: DecidedFleet,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const known = await readSupport(deps.ledger);
  const versions = new Map(observations.map(({ cluster: { name, version = '' } }) => [name, version]));
  const tellOf = async (cluster: string, before: Told): Promise<void> => {
    const decision = names.includes(cluster) ? decided.get(cluster) : GONE;
    if (decision === undefined) return;
    const incident = `support ${cluster} ${versions.get(cluster)}${decision.isExtended ? ' extended' : ''}`;
    const about = { subject: { cluster }, trigger, incident, check: 'support' };
    const save = (state: Told, writer: string) => saveSupport(deps.ledger, cluster, state, deps.clock.now(), writer);
    // An incident of another version, or of standard support, ends before the next one begins.
    const isOther = before.correlationId !== undefined && before.correlationId !== incident;
    const over: Decision = { ...decision, decision: 'done', reason: 'support-told-before' };
    const closed = isOther && decision.decision !== 'done' ? await tellOnce(deps, before, about, over, save) : before;
    if (closed !== undefined) await tellOnce(deps, closed, about, decision, save);
  };
  for (const cluster of new Set([...names, ...known.keys()])) {
    await tellOf(cluster, known.get(cluster) ?? NOTHING_TOLD).catch(onTrouble);
  }
}

const GONE: Decision = {
  decision: 'done',
  reason: 'support-lasts',
  message: 'The cluster does not exist any more.',
  variant: 'gone',
};

/** Records the present plan of AWS Health, and ends its plans for clusters that no longer exist or are left alone. */
async function tellPlans(
  deps: ReconcileDeps,
  trigger: Trigger,
  { names, observations, decided }: DecidedFleet,
  plan: HealthPlan | undefined,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const known = await readPlanned(deps.ledger);
  const isLeftAlone = (cluster: string): boolean => decided.get(cluster)?.isLeftAlone === true;
  const tellOf = async (key: string, before: Planned, decision: Decision, incident: string): Promise<void> => {
    const { cluster, sentAt, ...told } = before;
    const about = { subject: { cluster }, trigger, incident, check: `health ${key.slice(0, 12)}` };
    const save = async (state: Told, writer: string) =>
      savePlanned(deps.ledger, key, { cluster, sentAt, ...state }, deps.clock.now(), writer);
    await tellOnce(deps, told, about, decision, save).catch(onTrouble);
  };
  for (const [key, before] of known) {
    const { cluster, correlationId } = before;
    const isOver = !names.includes(cluster) || isLeftAlone(cluster);
    if (isOver && correlationId !== undefined) await tellOf(key, before, NOT_AFFECTED, correlationId);
  }
  if (plan === undefined) return;
  const arns = new Map(observations.map(({ cluster: { name, arn = '' } }) => [name, arn]));
  for (const [cluster, decision] of decidePlanned(plan, arns)) {
    const key = plannedKey(plan.eventArn, cluster);
    const before = known.get(key) ?? { ...NOTHING_TOLD, cluster, sentAt: 0 };
    // Events may come late, so an older event changes nothing.
    if (isLeftAlone(cluster) || trigger.time < before.sentAt) continue;
    await tellOf(key, { ...before, sentAt: trigger.time }, decision, plan.eventArn);
  }
  const unread = names.filter((name) => !arns.has(name));
  if (unread.length > 0)
    onTrouble(new Error(`Whether AWS Health plans something for ${unread.join(', ')} is not known.`));
}

const NOT_AFFECTED: Decision = {
  decision: 'done',
  reason: 'change-over',
  message: 'The cluster does not exist any more, or is left alone.',
  variant: 'not-affected',
};
