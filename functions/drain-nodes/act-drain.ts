import { isDeepStrictEqual } from 'node:util';
import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  RecordLifecycleActionHeartbeatCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { writesOf } from '../shared/ledger/ledger.ts';
import { asStored, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { AwsCall } from '../shared/records/record.ts';
import { workerSubject } from '../shared/records/record-subject.ts';
import { sortOrThrow } from '../shared/runtime/aws-error.ts';
import type { ActDeps } from './act-hook.ts';
import { notOpened, type OpenCluster, troubleOf } from './cluster-view.ts';
import type { DrainDecision } from './decision.ts';
import { type DrainState, saveDrainState } from './drain-ledger.ts';
import { type Drained, drain, type Memory, restore } from './drain-node.ts';
import { HOOK } from './hook.ts';
import { isRetained } from './lifecycle-state.ts';
import type { DrainObservation, NoAccess } from './observation.ts';
import { obstructed } from './obstructed.ts';
import type { Policy } from './policy.ts';

export interface DrainDeps extends ActDeps {
  readonly openCluster: OpenCluster;
}

/**
 * Does the next step of a drain, saves and records. What a node was before it is cordoned is saved first.
 *
 * @param policy that holds for the group
 * @returns the final decision; undefined when another reconcile was first
 */
export async function carryOutDrain(
  deps: DrainDeps,
  observation: DrainObservation,
  wanted: DrainDecision,
  { policy, now }: { readonly policy: Policy | InvalidPolicy; readonly now: number },
): Promise<DrainDecision | undefined> {
  const { instanceId, key, trigger, state } = observation;
  const writer = writesOf(`${deps.caller} drain ${instanceId}`);
  let isOver = false;
  const save = (changed: DrainState) => {
    // Nobody looks at an instance that has left its group once its drain is closed, so what is not recorded keeps it
    // open.
    const open = isOver && changed.unrecorded === undefined ? undefined : true;
    return saveDrainState(deps.ledger, instanceId, asStored<DrainState>({ ...changed, open }), now, writer());
  };
  let before = state;
  const remember: Memory['remember'] = async (changed) => {
    const saved = await save({ ...before, ...changed });
    before = saved ?? before;
    return saved !== undefined;
  };
  const comebacks = new Map(Object.entries(state.comebacks ?? {}));
  const acted = await act(deps, observation, wanted, { remember, comebacks, now });
  if (acted === undefined) return undefined;
  const { decision, calls } = acted;
  const denied = 'denied' in acted ? acted.denied : state.denied;
  isOver = decision.isOver === true;
  const remembered = asStored<DrainState>({
    ...before,
    ...decision.memory,
    doubtSince: decision.doubtSince,
    denied,
    ending: decision.silent ? before.ending : undefined,
    comebacks: comebacks.size === 0 ? undefined : Object.fromEntries(comebacks),
    open: isOver ? undefined : true,
  });
  if (decision.silent) {
    if (isDeepStrictEqual(remembered, asStored<DrainState>(state)) && state.revision > 0) return decision;
    return (await save(remembered)) === undefined ? undefined : decision;
  }
  const fingerprint = `${decision.reason} ${decision.variant}`.trim();
  const isNew = fingerprint !== state.fingerprint;
  const correlationId = state.correlationId ?? trigger.id;
  const { unrecorded: _, ...known } = remembered;
  const next = asStored<DrainState>({
    ...known,
    fingerprint,
    outcomes: state.outcomes + (isNew ? 1 : 0),
    correlationId,
  });
  const saved = await recordOnce({ save, record: deps.recorder.record }, before, next, {
    subject: workerSubject(instanceId, key),
    decision: decision.decision,
    reason: decision.reason,
    message: decision.message,
    ...(!isInvalid(policy) && { mode: (state.ahead === true ? policy.drains.scheduledEvents : policy.drains).mode }),
    trigger,
    fingerprint: `${next.outcomes} ${fingerprint}`,
    correlationId,
    calls,
  });
  return saved === undefined ? undefined : decision;
}

interface Acted extends Drained {
  readonly decision: DrainDecision;
  readonly calls: readonly AwsCall[];
}

/** @returns undefined when another reconcile was first */
async function act(
  deps: DrainDeps,
  observation: DrainObservation,
  decision: DrainDecision,
  memory: Memory,
): Promise<Acted | undefined> {
  const { instanceId, group, lifecycleState = '', key } = observation;
  const action = { AutoScalingGroupName: group.name, LifecycleHookName: HOOK.name, InstanceId: instanceId };
  const calls: AwsCall[] = [];
  const called = (operation: string, requestId = '') => calls.push({ service: 'autoscaling', operation, requestId });
  const complete = async (LifecycleActionResult: 'CONTINUE' | 'ABANDON') => {
    const asked = new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult });
    called('CompleteLifecycleAction', (await deps.autoScaling.send(asked)).$metadata.requestId);
  };
  const hindered = (noAccess: NoAccess): Acted => {
    // A retained node is told as that already, whatever keeps its pods.
    const isTold = noAccess.mayPass && isRetained(lifecycleState);
    return { decision: isTold ? decision : obstructed(observation.state, noAccess, memory.now), calls };
  };
  const { decision: kind, reason, message, variant } = decision;
  const ending = { decision: kind, reason, message, variant };
  try {
    switch (decision.act) {
      case 'let-go':
        if (!(await memory.remember({ ending }))) return undefined;
        await complete('CONTINUE');
        return { decision, calls };
      case 'end': {
        if (!(await memory.remember({ ending }))) return undefined;
        const asked = { InstanceId: instanceId, ShouldDecrementDesiredCapacity: false };
        const ended = await deps.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(asked));
        called('TerminateInstanceInAutoScalingGroup', ended.$metadata.requestId);
        return { decision, calls };
      }
      case 'restore': {
        const kubernetes = await deps.openCluster(key.cluster);
        if ('refused' in kubernetes) return hindered(notOpened(kubernetes));
        await restore(kubernetes, observation);
        return { decision, calls };
      }
      case 'hold':
        await heartbeat(deps.autoScaling, action);
        return { decision, calls };
      case 'keep':
        await complete('ABANDON');
        return { decision, calls };
      case 'drain': {
        // Only an action that is pending takes a heartbeat: it proves that the instance waits for this hook.
        if (!isRetained(lifecycleState)) await heartbeat(deps.autoScaling, action);
        if (observation.node.kind !== 'found') return { decision, calls };
        const kubernetes = await deps.openCluster(key.cluster);
        if ('refused' in kubernetes) return hindered(notOpened(kubernetes));
        const drained = await drain(kubernetes, observation, memory);
        return drained && { decision, calls, denied: drained.denied };
      }
      default:
        return { decision, calls };
    }
  } catch (error) {
    if (isKubernetesAccessError(error)) return hindered(troubleOf(error));
    if (isNotPending(error)) return notPending(observation, decision, calls);
    const { kind, why } = sortOrThrow(error);
    return hindered({ why, mayPass: kind !== 'refused' });
  }
}

async function heartbeat(
  autoScaling: AutoScalingClient,
  action: {
    readonly AutoScalingGroupName: string;
    readonly LifecycleHookName: string;
    readonly InstanceId: string;
  },
): Promise<void> {
  await autoScaling.send(new RecordLifecycleActionHeartbeatCommand(action));
}

/** Auto Scaling's words for an action that has ended, or never was: docs/unverified.md. */
const isNotPending = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && /No active Lifecycle Action/i.test(error.message);

/** Somebody else was first, or it waits for another hook: a later look shows what became of it. */
function notPending({ state }: DrainObservation, decision: DrainDecision, calls: readonly AwsCall[]): Acted {
  const isNew = state.revision === 0 && state.fingerprint === undefined;
  const quiet: DrainDecision = { ...decision, memory: {}, silent: true, ...(isNew && { isOver: true }) };
  return { decision: quiet, calls };
}
