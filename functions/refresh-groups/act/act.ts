import { isDeepStrictEqual } from 'node:util';
import {
  type AutoScalingClient,
  DescribeInstanceRefreshesCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { createVersion } from '../../shared/fleet/launch-templates.ts';
import { incidentAfter, outcomeIn } from '../../shared/ledger/incident-memory.ts';
import { writesOf } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { asStored, type OutcomeDeps, recordOnce } from '../../shared/ledger/outcome-ledger.ts';
import { planIn } from '../../shared/ledger/proposal.ts';
import { type Refresh, type RefreshState, saveState } from '../../shared/ledger/refresh-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { overridesIn } from '../../shared/policy/policy-at.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import type { Outcome } from '../../shared/records/recorder.ts';
import { refusalOf } from '../../shared/runtime/aws-refusal.ts';
import { progressAfter } from '../decide/progress.ts';
import {
  type Acted,
  type Circumstances,
  type Decision,
  failedWith,
  isActive,
  LOOK_AGAIN,
  say,
} from '../model/decision.ts';
import { isBegunHere, knownRefresh } from '../model/known-refresh.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import { preferencesOf } from '../model/preferences.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import type { Recorder } from '../remediation.ts';
import { pin } from './pin.ts';

export interface ActDeps extends OutcomeDeps<Recorder> {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
}

/**
 * Acts, saves and records. A refresh is saved before it is begun, so that after a crash the next delivery finds out
 * what became of it.
 *
 * @returns the final decision; undefined when another reconcile was first
 */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  circumstances: Circumstances,
): Promise<Decision | undefined> {
  const { key, trigger, state } = observation;
  const subject = subjectOf(key);
  const { now } = circumstances;
  const policy = policyHere(circumstances.policy, observation);
  const writer = writesOf(`${deps.caller} ${subject}`);
  const save = (changed: RefreshState) => saveState(deps.ledger, subject, changed, now, writer());
  let before = state;
  const intend = async (refresh: Refresh): Promise<boolean> => {
    const intended = await save(asStored<RefreshState>({ ...before, refresh }));
    before = intended ?? before;
    return intended !== undefined;
  };
  const acted = isInvalid(policy)
    ? { decision: wanted, calls: [] }
    : await act(deps, observation, wanted, { policy: policy.refreshes, now, intend });
  if (acted === undefined) return undefined;
  const { decision, calls } = acted;
  const arn = observation.group.arn ?? state.arn;
  const progress = progressAfter(observation, decision, { anywhere: circumstances.policy, here: policy }, now);
  // Anybody may ask about any name, so the ledger keeps nothing of a group that has never been there.
  const isMadeUp = observation.group.source.kind === 'gone' && state.revision === 0;
  if (decision.silent && isMadeUp) return decision;
  if (decision.silent) {
    const isKnown = state.revision > 0;
    const next = asStored<RefreshState>({ ...before, ...remembered(decision), ...(isKnown && { arn }), progress });
    if (isDeepStrictEqual(next, asStored<RefreshState>(state))) return decision;
    return (await save(next)) === undefined ? undefined : decision;
  }
  const incident = incidentAfter(state, decision, trigger.id);
  const { unrecorded: _, ...known } = before;
  const next = asStored<RefreshState>({
    ...known,
    ...remembered(decision),
    arn,
    progress,
    reason: decision.reason,
    ...incident,
  });
  const details = { ...decision.details, ...planIn('refresh-groups', key, decision), ...overridesIn(policy) };
  // The ledger gives an outcome back as it was written, also one that another version has written.
  const record = (known: Outcome<string>) => deps.recorder.record(known as Outcome<Reason>);
  const outcome: Outcome<string> = {
    subject: key,
    ...outcomeIn(incident, decision),
    ...(!isInvalid(policy) && { mode: policy.refreshes.mode }),
    trigger,
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
  if (isMadeUp) {
    record(outcome);
    return decision;
  }
  const saved = await recordOnce<string, RefreshState>({ save, record }, before, next, outcome);
  return saved === undefined ? undefined : decision;
}

const remembered = ({ memory, proposal }: Decision) => ({
  refresh: memory.refresh,
  done: memory.done,
  failures: memory.failures,
  setbacks: memory.setbacks,
  lifts: memory.lifts,
  pinned: memory.pinned,
  quarantineWait: memory.quarantineWait,
  heldAtGate: memory.heldAtGate,
  foreign: memory.foreign,
  goneSince: memory.goneSince,
  proposal,
});

interface Acting {
  readonly policy: Policy['refreshes'];
  readonly now: number;
  /**
   * Saves the refresh that is about to begin, as far as it is known. @returns whether nobody else has written meanwhile
   */
  readonly intend: (refresh: Refresh) => Promise<boolean>;
}

async function act(
  deps: ActDeps,
  observation: Observation,
  decision: Decision,
  acting: Acting,
): Promise<Acted | undefined> {
  const { refresh } = decision.memory;
  const { now } = acting;
  const isAct = decision.act === 'pin' || (decision.act !== undefined && refresh !== undefined);
  if (!isAct) return { decision, calls: [] };
  if (refresh !== undefined && !(await acting.intend(refresh))) return undefined;
  try {
    if (refresh === undefined) return await pin(deps, observation, decision, now);
    return decision.act === 'start'
      ? await start(deps, observation, { ...decision, refresh }, acting)
      : await rollBack(deps, observation, { ...decision, refresh }, now);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const cause = refusal.split(':', 1)[0] ?? '';
    const told = say('failed', 'refresh-refused', refusal, `${refresh?.target ?? 'pin'} ${cause}`);
    const { target = '' } = refresh ?? decision;
    const isRefused = decision.act !== 'roll-back';
    const memory = isRefused ? failedWith(decision.memory, { target }, { cause, at: now }) : decision.memory;
    return { decision: { ...told, memory, ...leftOf(observation), wakeAt: now + LOOK_AGAIN }, calls: [] };
  }
}

/** The proposal after AWS refused an act: an approval is used up, and a rejection stands. */
const leftOf = ({ state: { proposal } }: Observation): Pick<Decision, 'proposal'> =>
  proposal?.ruling?.kind === 'approved' ? {} : { proposal };

/**
 * Makes a version of the launch template where none with the AMI exists, and begins the refresh. A repetition makes the
 * same version. The version is saved before the refresh begins, so that a repetition finds its own refresh by it,
 * however late.
 */
async function start(
  { autoScaling, ec2 }: ActDeps,
  observation: Observation,
  { refresh, ...decision }: Decision & { readonly refresh: Refresh },
  { policy, now, intend }: Acting,
): Promise<Acted | undefined> {
  const { group, template } = observation;
  if (group.source.kind !== 'version') throw new Error('Only a group on a numbered version is refreshed.');
  const calls: AwsCall[] = [];
  let { version } = refresh;
  if (version === undefined && template?.data.ImageId === refresh.target) version = group.source.version;
  if (version === undefined) {
    if (template === undefined) throw new Error('A version is made only of a template that was read.');
    const made = await createVersion(ec2, template, { imageId: refresh.target });
    if ('unfit' in made) {
      const told = say('failed', 'refresh-refused', made.unfit, `${refresh.target} unfit`);
      const setback = { cause: 'TemplateUnfit', at: now };
      return {
        decision: { ...told, memory: failedWith(decision.memory, refresh, setback), ...leftOf(observation) },
        calls,
      };
    }
    calls.push({ service: 'ec2', operation: 'CreateLaunchTemplateVersion', requestId: made.requestId });
    version = String(made.version);
  }
  if (version !== refresh.version && !(await intend({ ...refresh, version }))) return undefined;
  const begun = (refreshId: string | undefined): Acted => ({
    decision: {
      ...decision,
      memory: {
        ...decision.memory,
        refresh: { ...refresh, version, ...(refreshId !== undefined && { refreshId, takenAt: now }) },
      },
    },
    calls,
  });
  const AutoScalingGroupName = group.name;
  try {
    const { InstanceRefreshId, $metadata } = await autoScaling.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName,
        Strategy: 'Rolling',
        DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: group.source.templateId, Version: version } },
        Preferences: preferencesOf(policy, refresh),
      }),
    );
    calls.push({ service: 'autoscaling', operation: 'StartInstanceRefresh', requestId: $metadata.requestId ?? '' });
    return begun(InstanceRefreshId);
  } catch (error) {
    if (!(error instanceof Error) || !/^InstanceRefreshInProgress/.test(error.name)) throw error;
    const { InstanceRefreshes = [] } = await autoScaling.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName }),
    );
    const active = InstanceRefreshes.map(knownRefresh).find(({ status }) => isActive(status));
    if (active === undefined || isBegunHere(active, { ...refresh, version })) return begun(active?.id);
    const { refresh: _, ...memory } = decision.memory;
    const same = active.version === version ? ' It goes to the same version.' : '';
    const message = `Refresh ${active.id} is ${active.status}, which was not begun here.${same}`;
    const told = say('waiting', 'foreign-refresh', message, active.id);
    return { decision: { ...decision, ...told, memory, proposal: observation.state.proposal }, calls };
  }
}

async function rollBack(
  { autoScaling }: ActDeps,
  { group }: Observation,
  { refresh, ...decision }: Decision & { readonly refresh: Refresh },
  now: number,
): Promise<Acted> {
  const asked = new RollbackInstanceRefreshCommand({ AutoScalingGroupName: group.name });
  const { $metadata } = await autoScaling.send(asked);
  const requestId = $metadata.requestId ?? '';
  const memory = { ...decision.memory, refresh: { ...refresh, rolledBackAt: now } };
  return {
    decision: { ...decision, memory },
    calls: [{ service: 'autoscaling', operation: 'RollbackInstanceRefresh', requestId }],
  };
}
